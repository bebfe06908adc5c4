"""What made a result: how a frame carries it."""

from __future__ import annotations

from typing import Any

KEY = "minute_factors"
"""Key of the provenance in a frame's ``.attrs`` and in a Parquet file's metadata."""


class Provenance(dict[str, Any]):
    """What made a result, as plain values fit for JSON; frames made of a frame have the same, not a copy.

    pandas makes a deep copy of ``.attrs`` at each of its steps, which can cost more than the step.
    """

    def __deepcopy__(self, memo: Any) -> Provenance:
        return self
