"""Where the outcome of a day goes: the report, the run's log and the progress bar."""

from __future__ import annotations

import sys
import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from factors.batch.report import BatchReport, DayResult, Status
from factors.common.settings import setting
from factors.errors import FactorsError
from factors.store.files import now
from factors.store.store import INLINE, Store


def is_hidden(progress: bool | None) -> bool | None:
    """Whether to show no bar, as tqdm takes it: None shows one if standard error is a terminal."""
    if progress is not None:
        return not progress
    if setting("FACTORS_PROGRESS") == "0" or sys.stderr is None:
        return True
    return False if "ipykernel" in sys.modules else None


class Progress:
    """A bar over a known number of steps, with stocks per second, or nothing at all.

    Parameters
    ----------
    total : int
        Number of steps; a bar of none is not shown.
    progress : bool or None
        Whether to show it: as asked, or if someone is looking and FACTORS_PROGRESS is not 0.
    """

    def __init__(self, total: int, progress: bool | None) -> None:
        self.stocks, self.started = 0, time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a notebook without ipywidgets gets a plain bar
            from tqdm.auto import tqdm

        self.bar: Any = tqdm(total=total, unit="day", dynamic_ncols=True, disable=not total or is_hidden(progress))

    def more(self, steps: int) -> None:
        """Lengthen the bar: a file turned out to hold more days, or fewer."""
        self.bar.total += steps
        self.bar.refresh()

    def step(self, label: str, stocks: int) -> None:
        """Count one day and the stocks computed in it."""
        self.stocks += stocks
        self.bar.set_description(label, refresh=False)
        if self.stocks:
            rate = self.stocks / (time.perf_counter() - self.started)
            self.bar.set_postfix_str(f"{rate:,.0f} stocks/s", refresh=False)
        self.bar.update(1)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.bar.close()


class Outcomes:
    """Outcomes of the days of a run.

    Parameters
    ----------
    store : Store
        Keeps the run's log.
    report : BatchReport
        Where they are collected.
    bar : Progress
        Counts them; it has one step for each unit to begin with.
    """

    def __init__(self, store: Store, report: BatchReport, bar: Progress) -> None:
        self.store, self.report, self.bar = store, report, bar
        self._end = 0

    def begin_unit(self) -> None:
        """Note that a unit is taken on, for which the bar has one step."""
        self._end = len(self.report.days) + 1

    def expect(self, days: int) -> None:
        """Tell the bar that so many days of the unit are to come."""
        end = len(self.report.days) + days
        self.bar.more(end - self._end)
        self._end = end

    def record(
        self,
        day: str,
        status: Status,
        files: Sequence[Path],
        stocks: int = 0,
        factors: int = 0,
        *,
        seconds: Mapping[str, float] | None = None,
        message: str = "",
        error: Exception | None = None,
    ) -> None:
        """Take a day's outcome."""
        if error is not None:
            message = str(error) if isinstance(error, FactorsError) else f"{type(error).__name__}: {error}"
        rounded = {stage: round(spent, 6) for stage, spent in (seconds or {}).items()}
        more = (f"and {len(files) - INLINE} more",) if len(files) > INLINE else ()
        result = DayResult(day, status, stocks, factors, rounded, message, (*map(str, files[:INLINE]), *more))
        self.report.days.append(result)
        self.bar.step(day, stocks if status != "skipped" else 0)
        line = {"at": now(), **asdict(result)}
        if error is not None and not isinstance(error, FactorsError):
            line["traceback"] = "".join(traceback.format_exception(error))
        self.store.log(self.report.run, line)
