"""What became of each day of a batch run, as an object, a table and an exit code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Status = Literal["passed", "failed", "withheld", "skipped"]

DONE, FAILED, USAGE, WITHHELD, NO_DEVICE, LOCKED, INTERRUPTED = 0, 1, 2, 3, 4, 75, 130
"""Exit codes of `factors batch`."""

SHOWN = 20
"""Days, and notes, that the table shows; of more it says how many."""

_VARIES = re.compile(r"[\d,]+ of [\d,]+ |\(first [^)]*\)|\d{4}-\d\d-\d\d")
"""What differs in a note from day to day though it says the same."""


@dataclass(frozen=True)
class DayResult:
    """One day's outcome.

    Parameters
    ----------
    day : str
        ISO date, or the input file's name where its days could not be found out.
    status : {"passed", "failed", "withheld", "skipped"}
        `withheld`: computed, and kept out of the store by a quality gate. `skipped`: already in the store.
    stocks, factors : int
        Rows and columns of the day's file; 0 where none was written.
    seconds : dict of str to float
        Where the time went: the stages of `factors.compute` (``read``, ``prepare``, ``compute``), what it did besides
        (``other``), ``hash`` of the input, ``write``. Days of one file share its time evenly.
    message : str
        Why it failed or was withheld.
    files : tuple of str
        The input files; of many, the first.
    """

    day: str
    status: Status
    stocks: int = 0
    factors: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    message: str = ""
    files: tuple[str, ...] = ()


@dataclass(repr=False)
class BatchReport:
    """Outcome of a batch run; it prints as the table that the command line shows.

    Parameters
    ----------
    run : str
        The run's id; its log is ``_meta/runs/<run>.jsonl``.
    store : str
        The store's folder.
    days : list of DayResult
        In the order they were done.
    left : int
        Groups of input files that were not taken on, because the run was stopped.
    stopped : str
        What stopped it: ``"SIGTERM"``, ``"SIGINT"`` or an error's message; empty for a run that came to its end.
    noted : dict
        What `note` was told.
    planning : float
        Seconds until the days of all files were known.
    elapsed : float
        Seconds from start to end.
    """

    run: str
    store: str
    days: list[DayResult] = field(default_factory=list)
    left: int = 0
    stopped: str = ""
    noted: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    planning: float = 0.0
    elapsed: float = 0.0

    def note(self, text: str, days: Iterable[str] = ()) -> None:
        """Keep a sentence worth a look, and the days it was said of; each is shown once."""
        _, seen = self.noted.setdefault(_VARIES.sub("", text), (text, []))
        seen += [day for day in days if day not in seen]

    @property
    def notes(self) -> list[str]:
        """Sentences worth a look, with the days they were said of."""
        return [text + _said_of(days, text) for text, days in self.noted.values()]

    def count(self, *status: Status) -> int:
        """Return how many days have one of these outcomes."""
        return sum(day.status in status for day in self.days)

    @property
    def exit_code(self) -> int:
        """0 all done, 1 some failed or were not reached, 3 only withheld by the quality gate, 130 interrupted."""
        if self.stopped == "SIGINT":
            return INTERRUPTED
        if self.count("failed") or self.left:
            return FAILED
        return WITHHELD if self.count("withheld") else DONE

    @property
    def seconds(self) -> dict[str, float]:
        """Where the time went, over all days: planning, and the stages of `DayResult.seconds`."""
        total = {"plan": self.planning}
        for day in self.days:
            for stage, seconds in day.seconds.items():
                total[stage] = total.get(stage, 0.0) + seconds
        return {stage: round(seconds, 6) for stage, seconds in total.items()}

    def summary(self) -> str:
        """Return the last line; a withheld day counts as failed."""
        failed = self.count("failed", "withheld")
        return f"{self.count('passed')} passed, {failed} failed, {self.count('skipped')} skipped"

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, fit for JSON."""
        return {
            "run": self.run, "store": self.store, "exit_code": self.exit_code, "summary": self.summary(),
            "passed": self.count("passed"), "failed": self.count("failed"), "withheld": self.count("withheld"),
            "skipped": self.count("skipped"), "left": self.left, "stopped": self.stopped, "notes": self.notes,
            "elapsed": round(self.elapsed, 3), "seconds": self.seconds, "days": [asdict(day) for day in self.days],
        }  # fmt: skip

    def table(self, rows: int = SHOWN) -> str:
        """Return the days as text: every one that failed or was withheld, and the last `rows` of the others."""
        bad = ("failed", "withheld")
        shown = [day for day in self.days if day.status in bad]
        fine = [day for day in self.days if day.status not in bad]
        shown += fine[-rows:]
        width = max([len(day.day) for day in shown] + [10])
        lines = [f"{'day':<{width}}  {'status':<8}  {'stocks':>7}  {'factors':>7}  {'seconds':>8}"]
        for day in sorted(shown, key=lambda day: day.day):
            took = f"{sum(day.seconds.values()):8.2f}" if day.seconds else " " * 8
            size = f"{day.stocks or '':>7}  {day.factors or '':>7}"
            lines.append(f"{day.day:<{width}}  {day.status:<8}  {size}  {took}  {day.message}".rstrip())
        if len(fine) > rows:
            lines.append(f"... and {len(fine) - rows} more days that passed or were skipped")
        return "\n".join(lines)

    def __str__(self) -> str:
        lines = [self.table()] if self.days else []
        notes = self.notes
        lines += [f"note: {note}" for note in notes[:SHOWN]]
        lines += [f"... and {len(notes) - SHOWN} more notes, in report.json"] if len(notes) > SHOWN else []
        if self.elapsed:
            stages = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in self.seconds.items())
            lines.append(f"{stages}; {self.elapsed:.2f} s in all")
        if self.stopped:
            lines.append(f"stopped by {self.stopped}; {self.left} days not taken on")
        return "\n".join([*lines, self.summary()])

    __repr__ = __str__


def _said_of(days: list[str], text: str) -> str:
    more = len(days) - 1
    if more < 1:
        return "".join(f" ({day})" for day in days if day not in text)
    first = "this" if min(days) in text else min(days)
    return f" ({first} and {more} more day{'s' if more > 1 else ''})"
