"""What the verbs that put the minutes in order, or group them by a key become in the graph."""

from __future__ import annotations

from collections.abc import Callable

from factors.engine.calls import Call
from factors.engine.trace import Traced

CALLS: dict[str, Call] = {}
"""Calls that these verbs use."""

LOWER: dict[str, Callable[..., Traced]] = {}
"""Those of them that fuse."""
