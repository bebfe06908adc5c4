"""Where each minute of the input belongs: its trading day, grid minute and role, with half days told apart."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from factors.data.detect import Ticks
from factors.data.session import BEFORE, EXTENDED, OUTSIDE, Session
from factors.data.zones import DAY

Ints = npt.NDArray[np.int64]

WEEKEND = -3
"""`minute` of a row on a Saturday or Sunday of an exchange that is closed then."""


@dataclass(frozen=True)
class Placement:
    """Place of every minute from `first` on.

    Parameters
    ----------
    first : int
        Minute since 1970-01-01 of entry 0, in the input's own clock.
    day : int32 array
        Days since 1970-01-01 at the exchange.
    clock : int32 array
        Minutes since midnight at which the bar ends.
    minute, role : int16 and int8 array
        As in `Session.places`, or `WEEKEND`.
    sessions : dict of int to Session
        Session by day, in date order.
    rows : dict of int to int
        Rows by special minute: `OUTSIDE`, `EXTENDED`, `WEEKEND`.
    """

    first: int
    day: npt.NDArray[np.int32]
    clock: npt.NDArray[np.int32]
    minute: npt.NDArray[np.int16]
    role: npt.NDArray[np.int8]
    sessions: dict[int, Session]
    rows: dict[int, int]


def end_days(ticks: Ticks, session: Session, shift: int) -> tuple[Ints, Ints]:
    """Return the day and the clock minute at which each bar ends; one that ends at midnight belongs to the day before."""
    end = ticks.local(session.tz) + shift
    day = (end - 1) // DAY
    return day, end - day * DAY


def place(ticks: Ticks, session: Session, shift: int) -> Placement:
    """Place every minute of the input; `shift` is 1 for bars named by their start."""
    day, clock = end_days(ticks, session, shift)
    days, which = np.unique(day, return_inverse=True)
    half = _half_days(which, clock, ticks.rows, len(days), session)
    minute, role = (table[clock] for table in session.places())
    if session.half is not None and half.any():
        of_half = half[which]
        other, other_role = session.half_day().places()
        minute, role = np.where(of_half, other[clock], minute), np.where(of_half, other_role[clock], role)
    _early_trading(which, clock, len(days), session, minute, role)
    if not session.weekend:
        minute = np.where((day + 3) % 7 >= 5, WEEKEND, minute)  # 1970-01-01 was a Thursday
    size = int(ticks.at[-1] - ticks.at[0]) + 1
    slot = ticks.at - ticks.at[0]

    def spread(values: npt.NDArray[np.integer], dtype: npt.DTypeLike) -> npt.NDArray[np.generic]:
        table = np.zeros(size, dtype)
        table[slot] = values
        return table

    return Placement(
        int(ticks.at[0]), spread(day, np.int32), spread(clock, np.int32), spread(minute, np.int16),
        spread(role, np.int8),
        {int(d): session.half_day() if h else session for d, h in zip(days, half, strict=True)},
        {code: int(ticks.rows[minute == code].sum()) for code in (OUTSIDE, EXTENDED, WEEKEND)},
    )  # type: ignore[arg-type] # fmt: skip


def _half_days(which: Ints, clock: Ints, rows: Ints, days: int, session: Session) -> npt.NDArray[np.bool_]:
    """Find the days whose bars go up to the half day's end and stop there.

    Where a day has trading before the opening, it may have some after the half day's end too: then a tenth of the
    morning's bars per minute, on a market of at least five bars a minute, still is a half day.
    """
    if session.half is None:
        return np.zeros(days, bool)
    half = session.half_day()
    start, stop = session.half[0][0], session.half[-1][1]
    quiet = half.closing[1] if half.closing else stop

    def count(chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        return np.bincount(which[chosen], rows[chosen], days)

    before = count((clock > start) & (clock <= stop)) / half.minutes
    last = count((clock > stop - 5) & (clock <= stop))
    after = count((clock > quiet) & (clock <= session.spans[-1][1])) / (session.spans[-1][1] - quiet)
    early = count((clock <= start) & (session.places()[0][clock] == EXTENDED)) > 0
    return (last > 0) & ((after == 0) | (early & (before >= 5) & (after < 0.1 * before)))


def _early_trading(
    which: Ints, clock: Ints, days: int, session: Session, minute: npt.NDArray[np.int16], role: npt.NDArray[np.int8]
) -> None:
    """Drop the bar that ends at the opening where the day has trading before it: then it is no auction."""
    opening = session.opening
    if opening is None or not any(stop == opening[0] - 1 for _, stop in session.extended):
        return
    early = np.bincount(which[clock < opening[0]], minlength=days) > 0
    minute[early[which] & (role == BEFORE) & (clock <= opening[1])] = EXTENDED


def day_name(day: int) -> str:
    """Return a day number as ``"2024-01-02"``."""
    return str(dt.date(1970, 1, 1) + dt.timedelta(days=day))
