"""Trading before the opening, where a bar at the opening may be an auction or one of the hours before."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from factors.data.calendar.session import BEFORE, EXTENDED, Session

Ints = npt.NDArray[np.int64]


def premarket_days(
    day_number: Ints, clock: Ints, days: int, session: Session, shift: int, minute: npt.NDArray[np.int16],
    role: npt.NDArray[np.int8],
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Return the days with bars before the opening and at it; the latter, named by their start, are no auction."""
    opening = session.opening
    if opening is None or not any(stop == opening[0] - 1 for _, stop in session.extended):
        return np.zeros(days, bool)
    at = (role == BEFORE) & (clock >= opening[0]) & (clock <= opening[1])
    if shift:
        minute[at] = EXTENDED
        return np.zeros(days, bool)
    earlier: npt.NDArray[np.bool_] = np.bincount(day_number[clock < opening[0]], minlength=days) > 0
    return earlier & (np.bincount(day_number[at], minlength=days) > 0)


def premarket_rows(
    session: Session, clock: npt.NDArray[np.int32], rows: Ints, codes: Callable[[Ints], npt.NDArray[np.int32]]
) -> npt.NDArray[np.bool_]:
    """Return which of a day's rows end at the opening of a stock that traded before it: they are no auction.

    `clock` is the clock minute at which each of the rows ends.
    """
    assert session.opening is not None
    first, last = session.opening
    near = np.flatnonzero(clock <= last)
    stocks = codes(rows[near])
    chosen = np.zeros(len(rows), bool)
    chosen[near] = (clock[near] >= first) & np.isin(stocks, stocks[clock[near] < first])
    return chosen
