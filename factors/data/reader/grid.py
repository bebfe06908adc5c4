"""Where each minute of the input belongs: its trading day, grid minute and role, with half days told apart."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.data.calendar.session import EXTENDED, OUTSIDE, Session
from factors.data.calendar.zones import DAY
from factors.data.conventions.session_detection import MinuteCounts
from factors.data.parsing.datetime_forms import clock_text
from factors.data.reader.half_days import half_days
from factors.data.reader.premarket import premarket_days

Ints = npt.NDArray[np.int64]

WEEKEND = -3
"""`minute` of a row on a Saturday or Sunday of an exchange that is closed then."""

_STOPPED = 5  # minutes without a bar at the end of a day that are worth a note,
_GAPS = 8  # and how many times the usual distance of its bars


@dataclass(frozen=True)
class GridMap:
    """Where every minute from `first` on belongs.

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
    premarket_days : frozenset of int
        Days with trading before the opening and bars that end at it, which are a stock's auction only where that stock
        has no bar before.
    early_stops : dict of int to int
        Days that stop early, and the clock minute at which their last bar ends.
    """

    first: int
    day: npt.NDArray[np.int32]
    clock: npt.NDArray[np.int32]
    minute: npt.NDArray[np.int16]
    role: npt.NDArray[np.int8]
    sessions: dict[int, Session]
    rows: dict[int, int]
    premarket_days: frozenset[int]
    early_stops: dict[int, int]

    def when(self, slot: int, shift: int) -> str:
        """Return the name of a bar, such as ``"2024-01-02 09:31"``."""
        return f"{day_name(int(self.day[slot]))} {clock_text(int(self.clock[slot]) - shift)}"


def end_days(counts: MinuteCounts, session: Session, shift: int) -> tuple[Ints, Ints]:
    """Return day and clock minute of each bar's end; one that ends at midnight belongs to the day before."""
    end = counts.local(session.tz) + shift
    day = (end - 1) // DAY
    return day, end - day * DAY


def map_to_grid(counts: MinuteCounts, session: Session, shift: int, whole: Collection[int] = ()) -> GridMap:
    """Say where every minute of the input belongs.

    `shift` is 1 for bars named by their start; `whole` days are no half days, whatever their bars look like.
    """
    day, clock = end_days(counts, session, shift)
    days, number = np.unique(day, return_inverse=True)
    half = half_days(number, clock, counts.rows, len(days), session) & ~np.isin(days, list(whole))
    minutes, roles = session.places()
    minute, role = minutes[clock], roles[clock]
    if session.half is not None and half.any():
        minutes, roles = session.half_day().places()
        minute, role = np.where(half[number], minutes[clock], minute), np.where(half[number], roles[clock], role)
    premarket = premarket_days(number, clock, len(days), session, shift, minute, role)
    if not session.weekend:
        minute[(day + 3) % 7 >= 5] = WEEKEND  # 1970-01-01 was a Thursday
    slot = counts.at - counts.at[0]

    def spread(values: npt.NDArray[Any], kind: npt.DTypeLike) -> npt.NDArray[Any]:
        table = np.zeros(int(slot[-1]) + 1, kind)
        table[slot] = values
        return table

    sessions = {int(d): session.half_day() if h else session for d, h in zip(days, half, strict=True)}
    rows = {kind: int(counts.rows[minute == kind].sum()) for kind in (OUTSIDE, EXTENDED, WEEKEND)}
    return GridMap(
        int(counts.at[0]), spread(day, np.int32), spread(clock, np.int32), spread(minute, np.int16),
        spread(role, np.int8), sessions, rows, frozenset(days[premarket].tolist()),
        _early_stops(number, minute, sessions),
    )  # fmt: skip


def _early_stops(day_number: Ints, minute: npt.NDArray[np.int16], sessions: dict[int, Session]) -> dict[int, int]:
    """Find the days whose last bar is further from the session's end than their bars are from each other."""
    inside = minute >= 0
    number = np.bincount(day_number[inside], minlength=len(sessions))
    last = np.full(len(sessions), -1)
    np.maximum.at(last, day_number[inside], minute[inside])
    stops = {}
    for (day, session), bars, end in zip(sessions.items(), number.tolist(), last.tolist(), strict=True):
        if bars and session.minutes - 1 - end > max(_STOPPED, _GAPS * (end + 1) / bars):
            stops[day] = int(session.ends()[end])
    return stops


def by_day(grid: GridMap, slots: npt.NDArray[np.int32]) -> Iterator[tuple[int, slice | Ints]]:
    """Yield each day with its rows: a slice where they stand together, else their numbers."""
    days = list(grid.sessions)
    if len(days) == 1:
        yield days[0], slice(0, len(slots))
        return
    day = (grid.day - np.int32(days[0]))[slots]
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
