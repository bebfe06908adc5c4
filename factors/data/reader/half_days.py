"""Half days, told from the bars: where a day's trading stops, and whether enough stocks say so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from factors.data.calendar.session import EXTENDED, Session

Ints = npt.NDArray[np.int64]

HALF_DAY_STOCKS = 5
"""Stocks that have to stop at the half day's end; fewer may be halted."""


def half_days(day_number: Ints, clock: Ints, rows: Ints, days: int, session: Session) -> npt.NDArray[np.bool_]:
    """Return which days have bars that go up to the half day's end and stop there.

    Where a day has trading before the opening, it may have some after the half day's end too: then a tenth of the
    morning's bars per minute, on a market of at least five bars a minute, still is a half day.

    Parameters
    ----------
    day_number : int64 array
        Number of the day of each distinct minute, 0..days-1.
    clock, rows : int64 arrays
        Clock minute at which its bars end, and rows at it.
    days : int
        Number of days.
    session : Session
        Session of a whole day.
    """
    if session.half is None:
        return np.zeros(days, bool)
    half = session.half_day()
    start, stop = session.half[0][0], session.half[-1][1]
    quiet = half.closing[1] if half.closing else stop

    def count(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        return np.bincount(day_number[chosen], rows[chosen], days).astype(np.float64)

    morning = count((clock > start) & (clock <= stop)) / half.minutes
    last = count((clock > stop - 5) & (clock <= stop))
    after = count((clock > quiet) & (clock <= session.spans[-1][1])) / (session.spans[-1][1] - quiet)
    premarket = count((clock <= start) & (session.places()[0][clock] == EXTENDED)) > 0
    stops: npt.NDArray[np.bool_] = (last > 0) & ((after == 0) | (premarket & (morning >= 5) & (after < 0.1 * morning)))
    return stops


def has_stocks_enough(codes: Callable[[Ints], npt.NDArray[np.int32]], rows: Ints) -> bool:
    """Return whether a day's rows are of stocks enough to tell a half day from a halt."""
    return len(np.unique(codes(rows))) >= HALF_DAY_STOCKS
