"""The side that bars are named on, by their end or their start, told from the clock."""

from __future__ import annotations

import numpy as np

from factors.data.calendar.session import Session
from factors.data.calendar.zones import DAY
from factors.data.conventions.session_detection import Ints, MinuteCounts, better_session, named_minutes, seen
from factors.data.parsing.datetime_forms import clock_text, moment_text
from factors.errors import TimeError

MAJORITY = 20
"""How many times more rows one side needs to settle the label; single strays do not count."""

_CLEAR = 10


def detect_label(counts: MinuteCounts, session: Session, least: int = 1) -> tuple[str, str] | None:
    """Return ``"right"`` or ``"left"`` and what it was read from; None where the clock does not tell.

    A session with a break shows it at the break: a bar named 11:30 and none named 13:00 are named by their end. Without
    a break the first and last minute of the day decide, of extended trading where there is any; for 24 hours, the first
    and last bar of the whole input. The opening alone never decides: auctions have bars there on either side. The
    deciding minute needs `least` rows.
    """
    local = counts.local(session.tz)
    if session.minutes == DAY:
        first, last = int(local[0]) % DAY, int(local[-1]) % DAY
        side = {(0, DAY - 1): "left", (1, 0): "right"}.get((first, last))
        return side and (side, f"first bar {clock_text(first)}, last bar {clock_text(last)}")  # type: ignore[return-value]
    rows = np.bincount(local % DAY, counts.rows, DAY).astype(np.int64)
    start, stop = session.spans[0][0], session.spans[-1][1]
    if session.half is not None and not rows[session.half[-1][1] + 12 : stop + 1].any():
        stop = session.half[-1][1]
    elif session.has_lunch:
        return _edges(rows, session.spans[1][0], session.spans[0][1], least)
    found = _edges(rows, start, stop, least)
    if found and found[0] == "left" and not rows[stop - 1]:
        return None
    if found is None and len(session.extended) == 2:
        found = _edges(rows, session.extended[0][0], session.extended[-1][1] - 1, least)
    return found


def check_label(counts: MinuteCounts, session: Session, label: str, where: str) -> None:
    """Raise where later bars, or some day's, are named by the other side than was settled.

    Raises
    ------
    TimeError
        Naming the first such day.
    """
    found = None
    if session.has_lunch:
        local = counts.local(session.tz)
        days, which = np.unique(local // DAY, return_inverse=True)
        clocks = {"right": session.spans[0][1], "left": session.spans[1][0]}
        rows = {side: np.bincount(which, counts.rows * (local % DAY == clock)) for side, clock in clocks.items()}
        other = "left" if label == "right" else "right"
        wrong = np.flatnonzero((rows[other] >= _CLEAR) & (rows[other] > MAJORITY * rows[label]))
        if len(wrong):
            k = int(wrong[0])
            seen = " and ".join(f"{int(rows[side][k]):,} named {clock_text(clock)}" for side, clock in clocks.items())
            found = (other, f"on {moment_text(int(days[k]) * DAY)[:10]} {seen}")
    elif session.minutes < DAY:
        found = detect_label(counts, session, _CLEAR)
    if found and found[0] != label:
        here, there = ("end", "start") if found[0] == "right" else ("start", "end")
        raise TimeError(
            f"{where}: bars are named by their {here} here ({found[1]}), elsewhere by their {there}. Read the two "
            "apart, or pass label=."
        )


def label_error(counts: MinuteCounts, session: Session) -> TimeError:
    """Build the error for bars whose label side cannot be told; the session may be the wrong one."""
    if other := better_session(counts, session, "auto"):
        return TimeError(
            f"{seen(counts, session.tz)} do not fit {session.name} ({named_minutes(counts, session, 'auto')}) but fit "
            f"{other}: pass session='{other}', or leave session out."
        )
    edge = (session.spans[0][1], session.spans[1][0]) if session.has_lunch else session.spans[0]
    local = counts.local(session.tz) % DAY
    rows = np.bincount(local, counts.rows, DAY).astype(np.int64)
    edges = " and ".join(f"{rows[minute]:,} bars at {clock_text(minute)}" for minute in edge if minute < DAY)
    if session.minutes == DAY:
        edges = f"first bar {clock_text(int(local[0]))}, last bar {clock_text(int(local[-1]))}"
    return TimeError(
        f"{seen(counts, session.tz)} do not tell whether a bar is named by its end or its start ({session.name}: "
        f"{edges}). Pass label='right' (09:31 is the bar 09:30-09:31) or label='left'."
    )


def _edges(rows: Ints, left: int, right: int, least: int) -> tuple[str, str] | None:
    """Compare the label only left-named bars have with the label only right-named bars have."""
    a, b = int(rows[left]), int(rows[right % DAY])
    side = "right" if b > MAJORITY * a else "left" if a > MAJORITY * b else None
    side = side if max(a, b) >= least else None
    return (side, f"{b:,} bars named {clock_text(right)}, {a:,} named {clock_text(left)}") if side else None
