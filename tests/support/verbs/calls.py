"""A call of each verb: of all the files beside this one."""

from __future__ import annotations

from typing import Any

from tests.support.discovery import discover

CALLS: dict[str, tuple[Any, ...]] = {}
for _calls in discover("tests.support.verbs", "CALLS", "calls_"):
    CALLS |= _calls
