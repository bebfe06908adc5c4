"""Where in memory what steps keep lies: a slot is used again after the last step that reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush


def allocate_slots(steps: Sequence[tuple[set[int], set[int]]], last: Iterable[int] = ()) -> dict[int, int]:
    """Return a slot for all that steps write.

    Parameters
    ----------
    steps : sequence of (set of int, set of int)
        What each step reads of earlier ones, and what it writes.
    last : iterable of int
        What is still read after the last step.
    """
    last_reader: dict[int, int] = {}
    for n, (read, written) in enumerate(steps):
        last_reader.update(dict.fromkeys(read | written, n))
    last_reader.update(dict.fromkeys(last, len(steps)))
    slots: dict[int, int] = {}
    released: dict[int, list[int]] = {}
    free: list[int] = []
    size = 0
    for n, (_, written) in enumerate(steps):
        for i in sorted(written):
            if free:
                slots[i] = heappop(free)
            else:
                slots[i], size = size, size + 1
            released.setdefault(last_reader[i], []).append(slots[i])
        for slot in released.pop(n, ()):
            heappush(free, slot)
    return slots
