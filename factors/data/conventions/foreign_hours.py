"""What speaks against a session that the bars' clock seems to fit: the hours of another exchange."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from factors.data.calendar.session import OUTSIDE, OWN, Session
from factors.data.calendar.zones import DAY
from factors.data.parsing.datetime_forms import clock_text

Ints = npt.NDArray[np.int64]

LATE = 5
"""Minutes after the opening within which the bars of a day start."""
RUN = 12
"""Minutes of trading next to the session, as dense as in it, that are another exchange's; an auction has fewer."""

_MISSED = 10.0  # bars that a thin stock misses by chance once in exp(10) days
_BEYOND = 0.05


@dataclass(frozen=True)
class Clock:
    """Distinct minutes of an input on the clock of one exchange.

    Parameters
    ----------
    local : int64 array
        Minutes since 1970-01-01.
    rows : int64 array
        Rows at each.
    """

    local: Ints
    rows: Ints

    @property
    def by_minute(self) -> Ints:
        """Rows by minute of the day, shape (1440,)."""
        return np.bincount(self.local % DAY, self.rows, DAY).astype(np.int64)

    def rejection(self, session: Session) -> str:
        """Return what speaks against a session, else ``""``; whether bars are named by start or end does not matter."""
        return self._late(session) or self._beside(session)

    def _late(self, session: Session) -> str:
        """Look for days that start late, though so many bars a minute would not be missing by chance."""
        minute, role = session.places()
        clock = self.local % DAY
        own = (minute[clock] >= 0) & (role[clock] == OWN)
        if not own.any():
            return ""
        place = minute[clock[own]].astype(np.int64)
        _, starts = np.unique(self.local[own] // DAY, return_index=True)  # minutes rise within a day
        first = place[starts]
        late = int(np.median(first))
        rate = len(place) / int((session.minutes - first).sum())
        if late <= LATE or late * rate <= _MISSED:
            return ""
        opens = clock_text(session.spans[0][0])
        return f"its days open at {opens} and the bars start at {clock_text(int(session.ends()[late]))}"

    def _beside(self, session: Session) -> str:
        """Look for trading that goes on beside the session as in it, and stops where the session has no edge."""
        minute, _ = session.places()
        rows = self.by_minute
        inside = rows[session.ends() % DAY]
        if not inside.any():
            return ""
        dense = (rows >= 0.5 * np.median(inside[inside > 0])) & (minute[:DAY] != OUTSIDE)
        start, stop = session.spans[0][0], session.spans[-1][1]
        known = [edge for span in session.extended for edge in span]
        for first, step, edge in ((start, -1, min([*known, start])), (stop + 1, 1, max([*known, stop]))):
            last = first
            while 0 <= last < DAY and dense[last]:
                last += step
            run = rows[min(first, last + 1) : max(first + 1, last)]
            rest = rows[edge : last + 1] if step < 0 else rows[last : edge + 1]
            if abs(last - first) < RUN or (edge not in (start, stop) and abs(last - edge) <= 3):
                continue
            if rest.sum() <= _BEYOND * run.sum():
                a, b = sorted((first, last - step))
                return f"the bars go on as densely from {clock_text(a)} to {clock_text(b)}"
        return ""

    def spans(self) -> tuple[tuple[int, int], ...]:
        """Return the hours of trading as the spans of a session, on full five minutes."""
        rows = self.by_minute
        there = np.flatnonzero(rows >= 0.1 * np.median(rows[rows > 0]))
        cuts = np.flatnonzero(np.diff(there) > 30) + 1
        return tuple((int(part[0]) // 5 * 5, -(-int(part[-1]) // 5) * 5) for part in np.split(there, cuts))
