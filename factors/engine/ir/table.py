"""The table of lowerings: what each verb becomes in the graph, entered by the modules above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LOWER: dict[str, Callable[..., Any]] = {}
"""The verbs that fuse."""
