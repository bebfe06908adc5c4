"""Memory that is used again: fresh memory costs the system as much time as filling it."""

from __future__ import annotations

import numpy as np

from factors.common.arrays import Floats


class BufferPool:
    """Arrays that are no longer needed, for those to come.

    Parameters
    ----------
    limit_bytes : int
        Size of an array up to which it is kept.
    keep : int
        Arrays kept, at most.
    """

    def __init__(self, limit_bytes: int, keep: int = 1) -> None:
        self.limit_bytes, self.keep = limit_bytes, keep
        self._spare: list[Floats] = []

    def take(self, size: int) -> Floats:
        """Return an array of so many float64 or more, whatever they are: a spare one that is large enough, or fresh."""
        try:
            spare = self._spare.pop()  # another thread's call may be faster
        except IndexError:
            return np.empty(size)
        return spare if spare.size >= size else np.empty(size)

    def give(self, array: Floats) -> None:
        """Take back an array that nobody reads any more."""
        if len(self._spare) < self.keep and array.nbytes <= self.limit_bytes:
            self._spare.append(array)

    def __len__(self) -> int:
        return len(self._spare)
