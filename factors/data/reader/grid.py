"""Where each minute of the input belongs: its trading day, grid minute and role, with half days told apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.data.calendar.session import BEFORE, EXTENDED, OUTSIDE, Session
from factors.data.calendar.zones import DAY
from factors.data.conventions.session_detection import MinuteCounts
from factors.data.parsing.datetime_forms import clock_text
from factors.errors import TimeError

Ints = npt.NDArray[np.int64]

WEEKEND = -3
"""`minute` of a row on a Saturday or Sunday of an exchange that is closed then."""

_STOPPED = 5  # minutes without a bar at the end of a day that are worth a note,
_GAPS = 8  # and how many times the usual distance of its bars


@dataclass(frozen=True)
class GridMap:
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
    early : frozenset of int
        Days with trading before the opening and bars that end at it, which are a stock's auction only where that stock
        has no bar before.
    short : dict of int to int
        Days that stop early, and the clock minute at which their last bar ends.
    """

    first: int
    day: npt.NDArray[np.int32]
    clock: npt.NDArray[np.int32]
    minute: npt.NDArray[np.int16]
    role: npt.NDArray[np.int8]
    sessions: dict[int, Session]
    rows: dict[int, int]
    early: frozenset[int]
    short: dict[int, int]

    def when(self, slot: int, shift: int) -> str:
        """Return the name of a bar, such as ``"2024-01-02 09:31"``."""
        return f"{day_name(int(self.day[slot]))} {clock_text(int(self.clock[slot]) - shift)}"


def end_days(ticks: MinuteCounts, session: Session, shift: int) -> tuple[Ints, Ints]:
    """Return day and clock minute of each bar's end; one that ends at midnight belongs to the day before."""
    end = ticks.local(session.tz) + shift
    day = (end - 1) // DAY
    return day, end - day * DAY


def map_to_grid(ticks: MinuteCounts, session: Session, shift: int, whole: Collection[int] = ()) -> GridMap:
    """Place every minute of the input; `shift` is 1 for bars named by their start, `whole` days are no half days."""
    day, clock = end_days(ticks, session, shift)
    days, which = np.unique(day, return_inverse=True)
    half = _half_days(which, clock, ticks.rows, len(days), session) & ~np.isin(days, list(whole))
    minutes, roles = session.places()
    minute, role = minutes[clock], roles[clock]
    if session.half is not None and half.any():
        minutes, roles = session.half_day().places()
        minute, role = np.where(half[which], minutes[clock], minute), np.where(half[which], roles[clock], role)
    early = _early_trading(which, clock, len(days), session, shift, minute, role)
    if not session.weekend:
        minute[(day + 3) % 7 >= 5] = WEEKEND  # 1970-01-01 was a Thursday
    slot = ticks.at - ticks.at[0]

    def spread(values: npt.NDArray[Any], kind: npt.DTypeLike) -> npt.NDArray[Any]:
        table = np.zeros(int(slot[-1]) + 1, kind)
        table[slot] = values
        return table

    sessions = {int(d): session.half_day() if h else session for d, h in zip(days, half, strict=True)}
    rows = {kind: int(ticks.rows[minute == kind].sum()) for kind in (OUTSIDE, EXTENDED, WEEKEND)}
    return GridMap(
        int(ticks.at[0]), spread(day, np.int32), spread(clock, np.int32), spread(minute, np.int16),
        spread(role, np.int8), sessions, rows, frozenset(days[early].tolist()), _short(which, minute, sessions),
    )  # fmt: skip


def _short(which: Ints, minute: npt.NDArray[np.int16], sessions: dict[int, Session]) -> dict[int, int]:
    """Find the days whose last bar is further from the session's end than their bars are from each other."""
    inside = minute >= 0
    number = np.bincount(which[inside], minlength=len(sessions))
    last = np.full(len(sessions), -1)
    np.maximum.at(last, which[inside], minute[inside])
    found = {}
    for (day, session), bars, end in zip(sessions.items(), number.tolist(), last.tolist(), strict=True):
        if bars and session.minutes - 1 - end > max(_STOPPED, _GAPS * (end + 1) / bars):
            found[day] = int(session.ends()[end])
    return found


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
        return np.bincount(which[chosen], rows[chosen], days).astype(np.float64)

    before = count((clock > start) & (clock <= stop)) / half.minutes
    last = count((clock > stop - 5) & (clock <= stop))
    after = count((clock > quiet) & (clock <= session.spans[-1][1])) / (session.spans[-1][1] - quiet)
    early = count((clock <= start) & (session.places()[0][clock] == EXTENDED)) > 0
    found: npt.NDArray[np.bool_] = (last > 0) & ((after == 0) | (early & (before >= 5) & (after < 0.1 * before)))
    return found


def _early_trading(
    which: Ints, clock: Ints, days: int, session: Session, shift: int, minute: npt.NDArray[np.int16],
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
    found: npt.NDArray[np.bool_] = np.bincount(which[clock < opening[0]], minlength=days) > 0
    return found & (np.bincount(which[at], minlength=days) > 0)


def by_day(placed: GridMap, slots: npt.NDArray[np.int32]) -> Iterator[tuple[int, slice | Ints]]:
    """Yield each day with its rows: a slice where they stand together, else their numbers."""
    days = list(placed.sessions)
    if len(days) == 1:
        yield days[0], slice(0, len(slots))
        return
    day = (placed.day - np.int32(days[0]))[slots]
    cuts = np.flatnonzero(day[1:] != day[:-1]) + 1
    if len(cuts) + 1 == len(days):  # every day stands together
        edges = [0, *cuts.tolist(), len(day)]
        runs = {int(day[a]): slice(a, b) for a, b in pairwise(edges)}
        for number in days:
            yield number, runs[number - days[0]]
        return
    order = np.argsort(day.astype(np.uint16), kind="stable")  # a radix sort; 65,536 days are 179 years
    edges = np.searchsorted(day[order], [number - days[0] for number in days]).tolist()
    for number, a, b in zip(days, edges, [*edges[1:], len(order)], strict=True):
        yield number, order[a:b]


def day_name(day: int) -> str:
    """Return a day number as ``"2024-01-02"``."""
    return str(dt.date(1970, 1, 1) + dt.timedelta(days=day))


def lie_outside(session: Session, kind: int) -> str:
    """Return where rows of a special minute lie, in words."""
    if kind == WEEKEND:
        return f"lie on a weekend, when {session.name} is closed"
    return f"lie in the extended hours of {session}" if kind == EXTENDED else f"lie outside {session}"


def stray_error(session: Session, label: str, kind: int, count: int, total: int, first: str, fits: str
                ) -> TimeError:  # fmt: skip
    """Build the error for rows that have no place; `first` names the first of them, `fits` a session that they fit."""
    if kind == WEEKEND:
        what = lie_outside(session, kind)
        ways = (
            f"tz= or label= if the days are off by one, session=factors.Session.of({session.name!r}, weekend=True) if "
            "they are right"
        )
    else:
        what = lie_outside(session, kind)
        ways = f"session=, tz= or label= (now {label!r}) if the bars are right"
    known = f" The bars fit {fits}." if fits else ""
    return TimeError(
        f"{count:,} of {total:,} rows ({count / total:.2%}) {what}; the first is {first}.{known} Pass {ways}, or "
        "outside='drop' to leave them out."
    )
