"""Times of rows in C++: ticks to minutes, minutes to counts and to places on the session's grid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factors.common.threads import spread
from factors.data.native.passes import address, native

RANGE = 200_000
"""Rows that a thread takes at least."""
WIDE = 1_000_000
"""Minutes, about two years, above which counting is left to NumPy: each thread has a table of its own."""

Minutes = npt.NDArray[np.int32]


def whole_minutes(ticks: npt.NDArray[np.int64], per: int, out: Minutes) -> bool:
    """Write ticks as minutes; False where NumPy has to do it, or to name the tick that is no whole minute."""
    passes = native(len(ticks))
    if passes is None or not (ticks.flags.c_contiguous and out.flags.c_contiguous):
        return False
    odd = spread(
        lambda a, b: passes.minutes(address(ticks) + 8 * a, b - a, per, address(out) + 4 * a), len(ticks), RANGE
    )
    return all(row == -1 for row in odd)


def count_minutes(minutes: Minutes) -> tuple[int, npt.NDArray[np.int64]] | None:
    """Return the first minute and the number of rows at each from it on; None where NumPy has to count."""
    passes = native(len(minutes))
    if passes is None or not minutes.flags.c_contiguous:
        return None

    def edges(a: int, b: int) -> npt.NDArray[np.int32]:
        found = np.empty(2, np.int32)
        passes.edges(address(minutes) + 4 * a, b - a, address(found))
        return found

    both = np.array(spread(edges, len(minutes), RANGE))
    low, size = int(both[:, 0].min()), int(both[:, 1].max()) - int(both[:, 0].min()) + 1
    if size > WIDE:
        return None

    def count(a: int, b: int) -> npt.NDArray[np.int64]:
        found, scratch = np.zeros(size, np.int64), np.zeros(4 * size, np.int32)
        passes.histogram(address(minutes) + 4 * a, b - a, low, size, address(found), address(scratch))
        return found

    total: npt.NDArray[np.int64] = np.sum(spread(count, len(minutes), RANGE), axis=0)
    return low, total


def place_minutes(
    minutes: Minutes, first: int, of_minute: npt.NDArray[np.int16], of_role: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int8]]:
    """Return grid minute and role of each row, looked up by its minutes since `first`."""
    passes = native(len(minutes))
    if passes is None or not minutes.flags.c_contiguous:
        return of_minute[minutes - np.int32(first)], of_role[minutes - np.int32(first)]
    minute, role = np.empty(len(minutes), np.int16), np.empty(len(minutes), np.int8)
    spread(
        lambda a, b: passes.place(
            address(minutes) + 4 * a, b - a, first, address(of_minute), address(of_role), address(minute) + 2 * a,
            address(role) + a,
        ),
        len(minutes),
        RANGE,
    )  # fmt: skip
    return minute, role
