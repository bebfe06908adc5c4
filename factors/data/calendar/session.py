"""Trading sessions: the grid of minutes that a day's bars are placed on.

A minute is named by the END of its bar. `Session.places` says, for every clock minute a bar can end at, which
grid minute it belongs to and how: as that minute's own bar, merged in front of it (an opening auction), merged
behind it (a closing print), dropped (known trading outside the session) or foreign to the session.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from factors.errors import ArgumentError, NotInSession, choice, did_you_mean

BEFORE, OWN, AFTER = -1, 0, 1
"""Role of a row in its grid minute: merged in front, the minute's own bar, merged behind."""
OUTSIDE, EXTENDED = -2, -1
"""`minute` of a row that has no place: foreign to the session, or known trading around it."""

CLOCKS = 1442
"""Clock minutes that a bar can end at: 0 to 1440, and 1441, the end of a bar labelled 24:00 at its start."""

MinuteRange = tuple[int, int]


@dataclass(frozen=True)
class Session:
    """The minute grid of a trading day.

    Parameters
    ----------
    name : str
        Exchange code (ISO 10383 MIC) or a name of your own.
    tz : str
        IANA time zone in which the spans are written.
    spans : tuple of (int, int)
        Continuous trading in minutes since local midnight: (570, 690) is 09:30 to 11:30. The bars of a span END at
        start + 1, ..., stop.
    opening, closing : (int, int) or None
        First and last bar END (minutes since midnight, both included) of an auction that is merged into the first,
        or the last, bar of the day.
    extended : tuple of (int, int)
        Bar ENDs of trading around the session that is dropped and counted (pre-market, after-hours).
    half : tuple of (int, int) or None
        Spans of the exchange's half day.
    weekend : bool
        Whether Saturdays and Sundays are trading days.
    """

    name: str
    tz: str
    spans: tuple[MinuteRange, ...]
    opening: MinuteRange | None = None
    closing: MinuteRange | None = None
    extended: tuple[MinuteRange, ...] = ()
    half: tuple[MinuteRange, ...] | None = None
    weekend: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ArgumentError(f"Session: name={self.name!r} must be text.")
        for name in ("spans", "extended", "half", "opening", "closing"):
            object.__setattr__(self, name, _spans(self.name, name, getattr(self, name)))
        try:
            ZoneInfo(self.tz)
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
            raise ArgumentError(
                f"Session {self.name!r}: tz={self.tz!r} is no time zone such as 'Asia/Tokyo'."
            ) from None
        edges = [edge for span in self.spans for edge in span]
        if not edges or edges != sorted(set(edges)) or edges[0] < 0 or edges[-1] > 1440:
            raise ArgumentError(
                f"Session {self.name!r}: spans={self.spans!r} must be rising, disjoint (start, stop) pairs of minutes "
                "since midnight, between 0 and 1440."
            )

    @classmethod
    def of(cls, session: str | Session, **changes: Any) -> Session:
        """Return a built-in session, with some of its parameters changed.

        Raises
        ------
        ArgumentError
            If the name, or a parameter, is unknown.

        Examples
        --------
        >>> import factors
        >>> factors.Session.of("XNYS", weekend=True).minutes
        390
        """
        unknown = sorted(set(changes) - {field.name for field in fields(cls)})
        if unknown:
            raise choice("Session.of: parameter", unknown[0], [field.name for field in fields(cls)])
        return replace(get_session(session), **changes)

    @property
    def minutes(self) -> int:
        """Number of grid minutes T."""
        return sum(stop - start for start, stop in self.spans)

    @property
    def lunch(self) -> int:
        """Number of minutes before the (longest) break, T_am.

        Raises
        ------
        NotInSession
            If the session has no break.
        """
        if len(self.spans) < 2:
            raise NotInSession(f"session {self.name} has no lunch break")
        breaks = [after[0] - before[1] for before, after in pairwise(self.spans)]
        longest = breaks.index(max(breaks))
        return sum(stop - start for start, stop in self.spans[: longest + 1])

    @property
    def has_lunch(self) -> bool:
        """Whether the session has a break."""
        return len(self.spans) > 1

    def require(self, minutes: int) -> None:
        """Refuse a shorter session: a definition that calls this is missing on its days.

        Raises
        ------
        NotInSession
            If the session has fewer minutes.
        """
        if self.minutes < minutes:
            raise NotInSession(f"session {self.name} has {self.minutes} minutes, not {minutes}")

    def half_day(self) -> Session:
        """Return the session of a half day (the same auctions, shorter spans).

        Raises
        ------
        NotInSession
            If the exchange has no half days.
        """
        if self.half is None:
            raise NotInSession(f"session {self.name} has no half days")
        earlier = self.spans[-1][1] - self.half[-1][1]
        closing = self.closing and (self.closing[0] - earlier, self.closing[1] - earlier)
        quiet = (closing or self.half[-1])[1] + 1, (self.closing or self.spans[-1])[1]
        return Session(f"{self.name}/half", self.tz, self.half, self.opening, closing, (*self.extended, quiet),
                       weekend=self.weekend)  # fmt: skip

    def ends(self) -> npt.NDArray[np.int64]:
        """Clock minute at which each grid minute ends, minutes since midnight, shape (T,)."""
        return np.concatenate([np.arange(start + 1, stop + 1) for start, stop in self.spans])

    def clock(self) -> list[str]:
        """Grid minutes as ``"09:31"``, length T."""
        return [f"{end // 60:02d}:{end % 60:02d}" for end in self.ends()]

    def places(self) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int8]]:
        """Grid minute and role of a bar by the clock minute of its END.

        Returns
        -------
        minute : int16 array, shape (CLOCKS,)
            Grid index 0..T-1, or `EXTENDED`, or `OUTSIDE`.
        role : int8 array, shape (CLOCKS,)
            `BEFORE`, `OWN` or `AFTER`.
        """
        return _places(self)

    def __str__(self) -> str:
        spans = ", ".join(f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in self.spans)
        return f"{self.name} ({spans}; {self.minutes} minutes, {self.tz})"


def _spans(session: str, name: str, value: Any) -> Any:
    """Return spans as tuples of whole minutes; `opening` and `closing` are one span, the others are several."""
    if value is None:
        return None
    single = name in ("opening", "closing")
    try:
        spans = tuple((int(start), int(stop)) for start, stop in ((value,) if single else value))
    except (TypeError, ValueError):
        example = "(570, 690)" if single else "((570, 690), (780, 900))"
        raise ArgumentError(f"Session {session!r}: {name}={value!r} must be written as {example}.") from None
    if any(not 0 <= start <= stop < CLOCKS for start, stop in spans):
        raise ArgumentError(f"Session {session!r}: {name}={value!r} must run from 0 to 1440 minutes, start first.")
    return spans[0] if single else spans


@lru_cache(maxsize=64)
def _places(session: Session) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int8]]:
    minute = np.full(CLOCKS, OUTSIDE, np.int16)
    role = np.full(CLOCKS, OWN, np.int8)
    for first, last in session.extended:
        minute[first : last + 1] = EXTENDED
    if session.opening is not None:
        first, last = session.opening
        minute[first : last + 1], role[first : last + 1] = 0, BEFORE
    if session.closing is not None:
        first, last = session.closing
        minute[first : last + 1], role[first : last + 1] = session.minutes - 1, AFTER
    before = 0
    for start, stop in session.spans:
        if (
            before
        ):  # a bar between the halves: 13:00 by its end opens the afternoon, 11:30 by its start ends the morning
            minute[start], role[start] = before, BEFORE
        minute[start + 1 : stop + 1] = np.arange(before, before + stop - start)
        role[start + 1 : stop + 1] = OWN
        before += stop - start
        if stop < session.spans[-1][1] and minute[stop + 1] == OUTSIDE:
            minute[stop + 1], role[stop + 1] = before - 1, AFTER
    minute.flags.writeable = role.flags.writeable = False
    return minute, role


def _hm(hours: int, minutes: int = 0) -> int:
    return 60 * hours + minutes


SESSIONS: dict[str, Session] = {
    s.name: s
    for s in (
        Session(
            "XSHG",
            "Asia/Shanghai",
            ((_hm(9, 30), _hm(11, 30)), (_hm(13), _hm(15))),
            opening=(_hm(9, 15), _hm(9, 30)),
            closing=(_hm(15, 1), _hm(15, 4)),
            extended=((_hm(15, 5), _hm(15, 31)),),
        ),
        Session(
            "XHKG",
            "Asia/Hong_Kong",
            ((_hm(9, 30), _hm(12)), (_hm(13), _hm(16))),
            opening=(_hm(9), _hm(9, 30)),
            closing=(_hm(16, 1), _hm(16, 11)),
            half=((_hm(9, 30), _hm(12)),),
        ),
        Session(
            "XNYS",
            "America/New_York",
            ((_hm(9, 30), _hm(16)),),
            opening=(_hm(9, 30), _hm(9, 30)),
            closing=(_hm(16, 1), _hm(16, 1)),
            extended=((_hm(4), _hm(9, 29)), (_hm(16, 2), _hm(20, 1))),
            half=((_hm(9, 30), _hm(13)),),
        ),
        Session("24H", "UTC", ((0, 1440),), weekend=True),
    )
}
"""Built-in sessions by name."""

ALIASES = {
    "XSHE": "XSHG", "SSE": "XSHG", "SZSE": "XSHG", "SH": "XSHG", "SZ": "XSHG", "CN": "XSHG", "XBEI": "XSHG",
    "HKEX": "XHKG", "HK": "XHKG", "NYSE": "XNYS", "NASDAQ": "XNYS", "XNAS": "XNYS", "ARCX": "XNYS", "US": "XNYS",
    "24/7": "24H", "CRYPTO": "24H", "24H": "24H",
}  # fmt: skip
"""Other names of the built-in sessions."""


def get_session(session: str | Session) -> Session:
    """Return a built-in session by name, or the `Session` given.

    Raises
    ------
    ArgumentError
        If the name is unknown; the message lists the known ones.
    """
    if isinstance(session, Session):
        return session
    if isinstance(session, str):
        name = session.upper()
        base, _, part = name.partition("/")
        found = SESSIONS.get(name) or SESSIONS.get(ALIASES.get(name, ""))
        if found is not None:
            return found
        whole = SESSIONS.get(base) or SESSIONS.get(ALIASES.get(base, ""))
        if part == "HALF" and whole is not None:
            if whole.half is None:
                raise ArgumentError(f"session={session!r}: {whole.name} has no half days.")
            return whole.half_day()
    known = [*SESSIONS, *ALIASES]
    raise ArgumentError(
        f"session={session!r} is unknown.{did_you_mean(str(session), known)} Built in: {', '.join(SESSIONS)} "
        "(also by exchange, such as 'SSE', 'HKEX', 'NYSE'); or pass a factors.Session."
    )
