"""What the clock tells: the session the bars belong to and the side they are labelled on.

Everything here reads a `Ticks`, the distinct minutes of the input with the number of rows at each, so every row counts
and none is looked at twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from factors.data.moments import clock_text, moment_text
from factors.data.session import OUTSIDE, OWN, SESSIONS, Session
from factors.data.zones import DAY, to_local, to_utc
from factors.errors import TimeError

Ints = npt.NDArray[np.int64]

MAJORITY = 20
"""How many times more rows one side needs to settle the label; single strays do not count."""

_STRAYS = 0.01
_CLEAR = 10
_SYMBOLS = (
    ("XSHG", True, re.compile(r"(sh|sz|bj)[._]?\d{6}|\d{6}([._](xshe|xshg|sz|sh|ss|bj|xbei|bse|sse|szse))?", re.I)),
    ("XHKG", True, re.compile(r"(hk[._]?)?\d{4,5}([._](hk|xhkg|hkex))|hk[._]?\d{4,5}", re.I)),
    ("XNYS", False, re.compile(r"[A-Z]{1,5}([./-][A-Z]{1,2})?")),
)


@dataclass(frozen=True)
class Ticks:
    """Distinct minutes of an input.

    Parameters
    ----------
    at : int64 array
        Minutes since 1970-01-01 on the clock of `tz`, rising.
    rows : int64 array
        Rows at each.
    tz : str or None
        Zone of that clock; None for the exchange's own, whichever it is.
    """

    at: Ints
    rows: Ints
    tz: str | None

    @classmethod
    def count(cls, minutes: npt.NDArray[np.int32], tz: str | None) -> Ticks:
        """Count the rows at each minute."""
        if not len(minutes):
            return cls(np.empty(0, np.int64), np.empty(0, np.int64), tz)
        first = minutes.min()
        counts = np.bincount(minutes - first)
        at = np.flatnonzero(counts)
        return cls(at + int(first), counts[at], tz)

    def join(self, other: Ticks) -> Ticks:
        """Return the ticks of two inputs together."""
        at, place = np.unique(np.concatenate([self.at, other.at]), return_inverse=True)
        rows = np.bincount(place, np.concatenate([self.rows, other.rows])).astype(np.int64)
        return Ticks(at, rows, self.tz)

    def local(self, tz: str) -> Ints:
        """Return the minutes on the clock of an exchange."""
        return self.at if self.tz in (None, tz) else to_local(to_utc(self.at, str(self.tz)), tz)

    def read_as(self, tz: str) -> Ticks:
        """Return the same ticks taken from the clock of `tz`."""
        return replace(self, tz=tz)


class Fit(NamedTuple):
    """How bars lie on a session: the share of its minutes that have bars, and the share of rows foreign to it."""

    coverage: float
    outside: float


def fit(ticks: Ticks, session: Session, label: str) -> Fit:
    """Return the better fit of the label sides that come into question."""
    minute, role = session.places()
    local = ticks.local(session.tz)
    best = Fit(0.0, 1.0)
    for shift in {"right": (0,), "left": (1,)}.get(label, (0, 1)):
        rows = np.bincount((local + shift - 1) % DAY + 1, ticks.rows, len(minute))
        own = np.unique(minute[(rows > 0) & (minute >= 0) & (role == OWN)])
        found = Fit(len(own) / session.minutes, float(rows[minute == OUTSIDE].sum() / max(1, ticks.rows.sum())))
        best = max(best, found, key=lambda f: f.coverage - f.outside)
    return best


def check_step(ticks: Ticks) -> None:
    """Raise for bars that are not one minute long.

    Raises
    ------
    TimeError
        If every bar starts at midnight, or all minutes lie on a grid of 5, 15, 30 or 60.
    """
    clock = np.unique(ticks.at % DAY)
    if len(clock) == 1 and clock[0] == 0:
        raise TimeError("all times are midnight: these are daily bars, or the column holds only the date.")
    step = int(np.gcd.reduce(np.diff(clock))) if len(clock) >= 6 else 1
    if step > 1 and step % 5 == 0:
        raise TimeError(f"all times lie {step} minutes apart or a multiple of it: one-minute bars are needed.")


def detect_session(ticks: Ticks, symbols: Iterable[str], label: str) -> tuple[Session, str]:
    """Find the session whose minutes the bars cover, and say by what.

    Raises
    ------
    TimeError
        If no built-in session fits, or several do equally well.
    """
    looks, sure = _by_symbols(list(symbols))
    fits = {name: fit(ticks, session, label) for name, session in SESSIONS.items()}
    good = {
        name: found.coverage for name, found in fits.items()
        if found.outside <= _STRAYS and found.coverage > (0.99 if name == "24H" else 0.0)
    }  # fmt: skip
    ranked = sorted(good, key=lambda name: -good[name])
    best = ranked[0] if ranked else ""
    alone = len(ranked) == 1 or (len(ranked) > 1 and good[ranked[1]] < good[best] - 0.1)
    if best == "24H" or (ranked and alone and good[best] >= 0.9 and (not sure or looks == best)):
        return SESSIONS[best], f"bars cover {good[best]:.0%} of its minutes"
    if looks in good and (sure or (looks == best and alone)):
        if advice := zone_hint(ticks, SESSIONS[looks], label):
            raise TimeError(
                f"{_seen(ticks, SESSIONS[looks].tz)} cover {good[looks]:.0%} of {looks}'s minutes; {advice}"
            )
        return SESSIONS[looks], f"form of the symbols; bars cover {good[looks]:.0%} of its minutes"
    tz = SESSIONS[looks].tz if looks else SESSIONS["XSHG"].tz
    hints = [zone_hint(ticks, SESSIONS[name], label) for name in ([looks] if sure else SESSIONS) if name != "24H"]
    hint = next((text for text in hints if text), None)
    if ranked and not sure and not hint:
        several = ", ".join(f"{name} {good[name]:.0%}" for name in ranked)
        raise TimeError(
            f"{_seen(ticks, tz)} do not tell the session (minutes covered: {several}). Pass session=, such as "
            f"session='{best}'."
        )
    known = "; ".join(str(session) for session in SESSIONS.values())
    like = f", and the symbols look like {looks}" if sure else ""
    raise TimeError(
        f"{_seen(ticks, tz)} fit no session{like}: {hint or 'pass session= (a name or a factors.Session), or tz=.'} "
        f"Built in: {known}."
    )


def zone_hint(ticks: Ticks, session: Session, label: str) -> str:
    """Return advice where times fit the session clearly better on another zone's clock, else ``""``."""
    now = fit(ticks, session, label)
    if ticks.tz is not None:
        local = fit(ticks.read_as(session.tz), session, label)
        if local.outside <= _STRAYS and local.coverage - local.outside > now.coverage - now.outside + 0.2:
            return (
                f"the zone looks wrong, as local times they fit {session.name}: pass tz='{session.tz}' for epochs that "
                "count local time; take the zone off a column, dt.tz_localize(None)."
            )
        return ""
    for tz in ("UTC", "Asia/Shanghai", "America/New_York"):
        other = fit(ticks.read_as(tz), session, label)
        if other.outside <= _STRAYS and other.coverage - other.outside > now.coverage - now.outside + 0.2:
            exchange = f"tz='{session.tz}' if they are exchange time"
            return f"read as {tz} they fit {session.name}: pass tz='{tz}' (or {exchange})."
    return ""


def detect_label(ticks: Ticks, session: Session, least: int = 1) -> tuple[str, str] | None:
    """Return ``"right"`` or ``"left"`` and what it was read from; None where the clock does not tell.

    A session with a break shows it at the break: a bar named 11:30 and none named 13:00 are named by their end. Without
    a break the first and last minute of the day decide, of extended trading where there is any; for 24 hours, the first
    and last bar of the whole input. The opening alone never decides: auctions have bars there on either side. The
    deciding minute needs `least` rows.
    """
    local = ticks.local(session.tz)
    if session.minutes == DAY:
        first, last = int(local[0]) % DAY, int(local[-1]) % DAY
        side = {(0, DAY - 1): "left", (1, 0): "right"}.get((first, last))
        return side and (side, f"first bar {clock_text(first)}, last bar {clock_text(last)}")  # type: ignore[return-value]
    rows = np.bincount(local % DAY, ticks.rows, DAY).astype(np.int64)
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


def check_label(ticks: Ticks, session: Session, label: str, where: str) -> None:
    """Raise where later bars, or some day's, are named by the other side than was settled.

    Raises
    ------
    TimeError
        Naming the first such day.
    """
    found = None
    if session.has_lunch:
        local = ticks.local(session.tz)
        days, which = np.unique(local // DAY, return_inverse=True)
        clocks = {"right": session.spans[0][1], "left": session.spans[1][0]}
        rows = {side: np.bincount(which, ticks.rows * (local % DAY == clock)) for side, clock in clocks.items()}
        other = "left" if label == "right" else "right"
        wrong = np.flatnonzero((rows[other] >= _CLEAR) & (rows[other] > MAJORITY * rows[label]))
        if len(wrong):
            k = int(wrong[0])
            seen = " and ".join(f"{int(rows[side][k]):,} named {clock_text(clock)}" for side, clock in clocks.items())
            found = (other, f"on {moment_text(int(days[k]) * DAY)[:10]} {seen}")
    elif session.minutes < DAY:
        found = detect_label(ticks, session, _CLEAR)
    if found and found[0] != label:
        here, there = ("end", "start") if found[0] == "right" else ("start", "end")
        raise TimeError(
            f"{where}: bars are named by their {here} here ({found[1]}), elsewhere by their {there}. Read the two "
            "apart, or pass label=."
        )


def label_error(ticks: Ticks, session: Session) -> TimeError:
    """Build the error for bars whose label side cannot be told."""
    edge = (session.spans[0][1], session.spans[1][0]) if session.has_lunch else session.spans[0]
    local = ticks.local(session.tz) % DAY
    rows = np.bincount(local, ticks.rows, DAY).astype(np.int64)
    seen = " and ".join(f"{rows[minute]:,} bars at {clock_text(minute)}" for minute in edge if minute < DAY)
    if session.minutes == DAY:
        seen = f"first bar {clock_text(int(local[0]))}, last bar {clock_text(int(local[-1]))}"
    return TimeError(
        f"{_seen(ticks, session.tz)} do not tell whether a bar is named by its end or its start ({session.name}: "
        f"{seen}). Pass label='right' (09:31 is the bar 09:30-09:31) or label='left'."
    )


def _edges(rows: Ints, left: int, right: int, least: int) -> tuple[str, str] | None:
    """Compare the label only left-named bars have with the label only right-named bars have."""
    a, b = int(rows[left]), int(rows[right % DAY])
    side = "right" if b > MAJORITY * a else "left" if a > MAJORITY * b else None
    side = side if max(a, b) >= least else None
    return (side, f"{b:,} bars named {clock_text(right)}, {a:,} named {clock_text(left)}") if side else None


def _by_symbols(symbols: Sequence[str]) -> tuple[str, bool]:
    """Return the exchange nine in ten symbols look like, and whether the form is that exchange's alone."""
    symbols = symbols[:500]
    for name, sure, form in _SYMBOLS:
        if symbols and sum(bool(form.fullmatch(s)) for s in symbols) >= 0.9 * len(symbols):
            return name, sure
    return "", False


def _seen(ticks: Ticks, tz: str) -> str:
    clock = ticks.local(tz) % DAY
    kind = f"{ticks.tz}, on the clock of {tz}" if ticks.tz else "naive"
    return f"bars from {clock_text(int(clock.min()))} to {clock_text(int(clock.max()))} ({kind})"
