"""What the clock tells: the session the bars belong to.

Everything here reads `MinuteCounts`, the distinct minutes of the input with the number of rows at each, so every row
counts and none is looked at twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from factors.data.calendar.session import OUTSIDE, OWN, SESSIONS, Session
from factors.data.calendar.zones import DAY, to_local, to_utc
from factors.data.conventions.foreign_hours import Clock
from factors.data.native.clock import count_minutes
from factors.data.parsing.datetime_forms import clock_text
from factors.errors import TimeError

Ints = npt.NDArray[np.int64]

_STRAYS = 0.01
_SYMBOLS = (
    ("XSHG", True, re.compile(r"(sh|sz|bj)[._]?\d{6}|\d{6}([._](xshe|xshg|sz|sh|ss|bj|xbei|bse|sse|szse))?", re.I)),
    ("XHKG", True, re.compile(r"(hk[._]?)?\d{4,5}([._](hk|xhkg|hkex))|hk[._]?\d{4,5}", re.I)),
    ("XNYS", False, re.compile(r"[A-Z]{1,5}([./-][A-Z]{1,2})?")),
)


@dataclass(frozen=True)
class MinuteCounts:
    """Distinct minutes of an input.

    Parameters
    ----------
    at : int64 array
        Minutes since 1970-01-01 on the clock of `tz`, rising.
    rows : int64 array
        Rows at each.
    tz : str or None
        Zone of that clock; None for the exchange's own, whichever it is.
    naive : bool
        Whether the zone of naive times was given.
    """

    at: Ints
    rows: Ints
    tz: str | None
    naive: bool = False
    _local: dict[str, Ints] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def count(cls, minutes: npt.NDArray[np.int32], tz: str | None, naive: bool = False) -> MinuteCounts:
        """Count the rows at each minute."""
        if not len(minutes):
            return cls(np.empty(0, np.int64), np.empty(0, np.int64), tz, naive)
        counted = count_minutes(minutes)
        if counted is None:
            first = int(minutes.min())
            counted = first, np.bincount(minutes - np.int32(first))
        first, rows = counted
        at = np.flatnonzero(rows)
        return cls(at + first, rows[at], tz, naive)

    def join(self, other: MinuteCounts) -> MinuteCounts:
        """Return the minutes of two inputs together."""
        at, place = np.unique(np.concatenate([self.at, other.at]), return_inverse=True)
        rows = np.bincount(place, np.concatenate([self.rows, other.rows])).astype(np.int64)
        return replace(self, at=at, rows=rows)

    def local(self, tz: str) -> Ints:
        """Return the minutes on the clock of an exchange."""
        if self.tz in (None, tz):
            return self.at
        if tz not in self._local:  # each session that comes into question asks for it again
            self._local[tz] = to_local(to_utc(self.at, str(self.tz)), tz)
        return self._local[tz]

    def clock(self, tz: str) -> Clock:
        """Return the minutes on the clock of an exchange, with their rows."""
        return Clock(self.local(tz), self.rows)

    def read_as(self, tz: str) -> MinuteCounts:
        """Return the same minutes taken from the clock of `tz`."""
        return replace(self, tz=tz)


class Fit(NamedTuple):
    """How bars lie on a session: the share of its minutes that have bars, and the share of rows foreign to it."""

    coverage: float
    outside: float


def fit(counts: MinuteCounts, session: Session, label: str) -> Fit:
    """Return the better fit of the label sides that come into question."""
    minute, role = session.places()
    local = counts.local(session.tz)
    best = Fit(0.0, 1.0)
    for shift in {"right": (0,), "left": (1,)}.get(label, (0, 1)):
        rows = np.bincount((local + shift - 1) % DAY + 1, counts.rows, len(minute))
        own = np.unique(minute[(rows > 0) & (minute >= 0) & (role == OWN)])
        found = Fit(len(own) / session.minutes, float(rows[minute == OUTSIDE].sum() / max(1, counts.rows.sum())))
        best = max(best, found, key=lambda f: f.coverage - f.outside)
    return best


def check_step(counts: MinuteCounts) -> None:
    """Raise for bars that are not one minute long.

    Raises
    ------
    TimeError
        If every bar starts at midnight, or all minutes lie on a grid of 5, 15, 30 or 60.
    """
    clock = np.unique(counts.at % DAY)
    if len(clock) == 1 and clock[0] == 0:
        raise TimeError("all times are midnight: these are daily bars, or the column holds only the date.")
    step = int(np.gcd.reduce(np.diff(clock))) if len(clock) >= 6 else 1
    if step > 1 and step % 5 == 0:
        raise TimeError(f"all times lie {step} minutes apart or a multiple of it: one-minute bars are needed.")


def detect_session(counts: MinuteCounts, symbols: Iterable[str], label: str) -> tuple[Session, str]:
    """Find the session whose minutes the bars cover, and say by what.

    1. Sessions that a part of the bars covers, with hardly a row outside it, come near.
    2. Those of other hours than the bars' are doubted; the others are ranked by the share of minutes covered.
    3. One that is covered nearly whole, and alone, is it, unless the symbols are surely another exchange's.
    4. Else the symbols decide, if their session is among the ranked.

    Raises
    ------
    TimeError
        If no built-in session fits, or several do equally well.
    """
    looks, sure = _by_symbols(list(symbols))
    fits = {name: fit(counts, session, label) for name, session in SESSIONS.items()}
    near = {
        name: found.coverage for name, found in fits.items()
        if found.outside <= _STRAYS and found.coverage > (0.99 if name == "24H" else 0.0)
    }  # fmt: skip
    settled = ("24H", looks if sure else "24H")
    doubts = {
        name: "" if name in settled else counts.clock(SESSIONS[name].tz).rejection(SESSIONS[name]) for name in near
    }
    good = {name: share for name, share in near.items() if not doubts[name]}
    ranked = sorted(good, key=lambda name: -good[name])
    best = ranked[0] if ranked else ""
    alone = len(ranked) == 1 or (len(ranked) > 1 and good[ranked[1]] < good[best] - 0.1)
    if best == "24H" or (ranked and alone and good[best] >= 0.9 and (not sure or looks == best)):
        return SESSIONS[best], named_minutes(counts, SESSIONS[best], label)
    if looks in good and (sure or (looks == best and alone)):
        named = named_minutes(counts, SESSIONS[looks], label)
        if advice := zone_hint(counts, SESSIONS[looks], label):
            raise TimeError(f"{seen(counts, SESSIONS[looks].tz)}: {named} ({looks}); {advice}")
        return SESSIONS[looks], f"form of the symbols; {named}"
    raise _no_session(counts, label, looks, sure, {name: good[name] for name in ranked}, fits, doubts)


def _no_session(
    counts: MinuteCounts,
    label: str,
    looks: str,
    sure: bool,
    ranked: Mapping[str, float],
    fits: Mapping[str, Fit],
    doubts: Mapping[str, str],
) -> TimeError:
    """Build the error for bars whose session is not told: by another zone, by several that fit, or by the nearest.

    `looks` is the exchange of the symbols, and `sure` whether their form is its alone; `ranked` are the sessions that
    fit, the best first, and `doubts` say what speaks against those that come near.
    """
    tz = SESSIONS[looks].tz if looks else SESSIONS["XSHG"].tz
    others = [looks] if sure else sorted(SESSIONS, key=lambda name: name != looks)
    hints = [zone_hint(counts, SESSIONS[name], label) for name in others if name != "24H"]
    hint = next((text for text in hints if text), None)
    if ranked and not sure and not hint:
        several = ", ".join(f"{name} {share:.0%}" for name, share in ranked.items())
        return TimeError(
            f"{seen(counts, tz)} do not tell the session (minutes covered: {several}). Pass session=, such as "
            f"session='{next(iter(ranked))}'{_other(counts, tz)}."
        )
    like = f", and the symbols look like {looks}" if sure else ""
    if hint:
        return TimeError(f"{seen(counts, tz)} fit no session{like}: {hint}")
    nearest = max(doubts or set(fits) - {"24H"}, key=lambda name: fits[name].coverage - fits[name].outside)
    doubt = doubts.get(nearest) or f"{fits[nearest].outside:.0%} of the rows lie outside its hours"
    known = "; ".join(str(session) for session in SESSIONS.values())
    return TimeError(
        f"{seen(counts, SESSIONS[nearest].tz)} fit no session{like}. {nearest} comes nearest, but {doubt}. If they are "
        f"{nearest} all the same, pass session='{nearest}'; tz= if the clock is that of another zone"
        f"{_other(counts, SESSIONS[nearest].tz)}. Built in: {known}."
    )


def named_minutes(counts: MinuteCounts, session: Session, label: str) -> str:
    """Return how many of the session's minutes have a bar on any day, in words."""
    number = round(fit(counts, session, label).coverage * session.minutes)
    return f"together, the bars name {number:,} of its {session.minutes:,} minutes"


def _other(counts: MinuteCounts, tz: str) -> str:
    """Return how to describe an exchange of other hours: those of the bars."""
    zone = tz if counts.tz else "Area/City"
    return (
        f"; for another exchange its hours in minutes since midnight, session=factors.Session('name', '{zone}', "
        f"{counts.clock(tz).spans()})"
    )


def zone_hint(counts: MinuteCounts, session: Session, label: str) -> str:
    """Return advice where times fit the session clearly better on another zone's clock, else ``""``."""
    now = fit(counts, session, label)
    if counts.tz is not None:
        local = fit(counts.read_as(session.tz), session, label)
        if local.outside <= _STRAYS and local.coverage - local.outside > now.coverage - now.outside + 0.2:
            if counts.naive:
                return f"the zone looks wrong, as local times they fit {session.name}: leave tz out."
            return (
                f"the zone looks wrong, as local times they fit {session.name}: pass tz='{session.tz}' for epochs that "
                "count local time; take the zone off a column, dt.tz_localize(None)."
            )
        return ""
    for tz in ("UTC", "Asia/Shanghai", "America/New_York"):
        other = fit(counts.read_as(tz), session, label)
        better = other.outside <= _STRAYS and other.coverage - other.outside > now.coverage - now.outside + 0.2
        if better and not counts.read_as(tz).clock(session.tz).rejection(session):
            exchange = f"tz='{session.tz}' if they are exchange time"
            return f"read as {tz} they fit {session.name}: pass tz='{tz}' (or {exchange})."
    return ""


def better_session(counts: MinuteCounts, session: Session, label: str) -> str:
    """Return the built-in session that the bars fit clearly better than the given one, else ``""``."""
    now = fit(counts, session, label)
    for name, other in SESSIONS.items():
        found = fit(counts, other, label)
        better = found.coverage >= 0.9 and found.outside <= _STRAYS
        better = better and found.coverage - found.outside > now.coverage - now.outside + 0.1
        if better and other.minutes < DAY and not counts.clock(other.tz).rejection(other):
            return name
    return ""


def _by_symbols(symbols: Sequence[str]) -> tuple[str, bool]:
    """Return the exchange nine in ten symbols look like, and whether the form is that exchange's alone."""
    symbols = symbols[:500]
    for name, sure, form in _SYMBOLS:
        if symbols and sum(bool(form.fullmatch(s)) for s in symbols) >= 0.9 * len(symbols):
            return name, sure
    return "", False


def seen(counts: MinuteCounts, tz: str) -> str:
    """Return the hours of the bars, and on which clock, in words."""
    clock = counts.local(tz) % DAY
    kind = f"{counts.tz}, on the clock of {tz}" if counts.tz else "naive"
    return f"bars from {clock_text(int(clock.min()))} to {clock_text(int(clock.max()))} ({kind})"
