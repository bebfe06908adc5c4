"""Days that are not as long as the session, told in the report's notes."""

from __future__ import annotations

from collections.abc import Iterable

from factors.data.calendar.session import Session
from factors.data.parsing.datetime_forms import clock_text
from factors.data.reader.grid import GridMap, day_name
from factors.data.rows import InputReport

NAMED = 5
"""Days that a note names; of more it says how many."""


class DayNotes:
    """Collects days that may be half days and days that stop early; the notes stand once, however often days are read.

    Parameters
    ----------
    session : Session
        Session of a whole day.
    shift : int
        Minutes from a bar's name to its end.
    """

    def __init__(self, session: Session, shift: int) -> None:
        self._session, self._shift = session, shift
        self._halves: set[int] = set()
        self._early_stops: dict[int, str] = {}
        self._written: list[str] = []

    def add(self, grid: GridMap, halves: Iterable[int]) -> None:
        """Take in the days of one part; `halves` may be half days."""
        self._halves.update(halves)
        self._early_stops.update({day: clock_text(end - self._shift) for day, end in grid.early_stops.items()})

    def write(self, report: InputReport) -> None:
        """Bring the report's notes up to date."""
        new = []
        if halves := sorted(self._halves):
            names = _names([day_name(day) for day in halves])
            way = f"pass session='{self._session.name}/half' for"
            many = len(halves) > 1
            new.append(f"{len(halves)} days may be half days ({names}): {way} them." if many else
                       f"{names} may be a half day: {way} it.")  # fmt: skip
        if stops := sorted(set(self._early_stops) - self._halves):
            close = clock_text(self._session.spans[-1][1])
            names = _names([f"{day_name(day)} at {self._early_stops[day]}" for day in stops])
            what = f"{len(stops)} days stop early: {names}" if len(stops) > 1 else names.replace(" at ", " stops at ")
            new.append(f"{what} (session to {close}).")
        if new != self._written:
            report.notes[:] = [note for note in report.notes if note not in self._written] + new
            self._written = new


def _names(names: list[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
