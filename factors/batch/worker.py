"""One unit of a batch run: skip it, or compute it, judge its days and publish them."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from factors.batch.file_days import coverage
from factors.batch.gate import Gate
from factors.batch.identity import Fingerprint, Fingerprints, key_of, plain
from factors.batch.progress import Progress
from factors.batch.report import BatchReport, DayResult, Status
from factors.batch.units import Unit
from factors.common.provenance import KEY
from factors.errors import (
    BackendUnavailable,
    DefinitionError,
    FactorsError,
    InputError,
    InputWarning,
    MissingFieldWarning,
    StoreError,
    UnknownFactorError,
)
from factors.store.files import now
from factors.store.store import INLINE, Store

if TYPE_CHECKING:
    import pandas as pd

    from factors.data.conventions.read_options import ReadOptions
    from factors.engine.planning.market import Market

Compute = Callable[..., "pd.DataFrame"]
Manifest = dict[str, Any]

FATAL = (BackendUnavailable, UnknownFactorError, DefinitionError, StoreError)
"""Errors that every further day would meet too."""
TOLD = (InputWarning, MissingFieldWarning)
"""Warnings that go to the report, instead of being shown for every day."""
LASTING = ("library", "version", "git", "backend", "device", "engine", "dtype", "factors", "input", "history",
           "market")  # fmt: skip
"""What a day's file says about its making: nothing that differs when the same day is done again."""


@dataclass(frozen=True)
class Made:
    """A unit's computation: its files as they were, the days it gave, `compute`'s account, seconds per day.

    `before` are the files of the days before that were read too.
    """

    unit: Unit
    prints: Sequence[Fingerprint]
    before: Sequence[Fingerprint]
    inputs: list[dict[str, Any]]
    key: str
    days: list[str]
    about: Mapping[str, Any]
    seconds: Mapping[str, float]


class Worker:
    """What stays the same over the units of a run.

    Parameters
    ----------
    store : Store
        Where the days go; held by this run.
    report : BatchReport
        Where outcomes are collected.
    compute : callable
        Files in, factor frame out.
    factor_set : str
        Hash of the factors and options.
    options : ReadOptions
        How the files are read, also for the provenance.
    gate : Gate
        What a day must fulfil.
    force, verify : bool
        Do every day again; hash every input.
    market : Market, optional
        A market that is given by its bars.
    """

    def __init__(
        self,
        store: Store,
        report: BatchReport,
        compute: Compute,
        factor_set: str,
        options: ReadOptions,
        gate: Gate,
        *,
        force: bool,
        verify: bool,
        market: Market | None = None,
    ) -> None:
        self.market = market
        self.store, self.report, self.compute, self.gate, self.force = store, report, compute, gate, force
        self.factor_set, self.options = factor_set, options
        self.manifests = store.manifests()
        self.fingerprints = Fingerprints(self.manifests.values(), verify)
        self.known_days = {(m["inputs_key"], m["factor_set"]): m["unit_days"] for m in self.manifests.values()}
        self.taken: dict[str, str] = {}
        self.expected = 0
        self.stopped = False

    def do(
        self,
        unit: Unit,
        prints: Future[list[Fingerprint]],
        progress: Progress,
        before: Sequence[Future[list[Fingerprint]]] = (),
    ) -> None:
        """Bring a unit's days into the store; what fails is reported, and only what would fail again is raised.

        `before` are the fingerprints of the units before it, as many as its factors read.
        """
        self.expected = len(self.report.days) + 1
        try:
            self._do(unit, prints, progress, before)
        except FATAL as error:
            self.record(unit.label, "failed", progress, unit.files, error=error)
            raise
        except Exception as error:  # a failing day does not stop the others, whatever is wrong with it
            self.record(unit.label, "failed", progress, unit.files, error=error)
        self._expect(len(self.report.days), progress)

    def _expect(self, days: int, progress: Progress) -> None:
        """Tell the bar how many days will have been done after this unit."""
        progress.more(days - self.expected)
        self.expected = days

    def _do(
        self,
        unit: Unit,
        coming: Future[list[Fingerprint]],
        progress: Progress,
        ahead_of: Sequence[Future[list[Fingerprint]]],
    ) -> None:
        begin = time.perf_counter()
        prints = coming.result()
        before = [item for earlier in ahead_of for item in earlier.result()]
        key = key_of(prints, before, self._market_of(unit))
        days = self.known_days.get((key, self.factor_set), [])
        done = [] if self.force else [day for day in days if self._is_done(day, key)]
        if days and len(done) == len(days):
            self._expect(len(self.report.days) + len(days), progress)
            for date in days:
                self._skip(date, unit, progress)
            return
        started = time.perf_counter()
        frame, found = self._computed(unit, before)
        took, hashed = time.perf_counter() - started, started - begin
        for item in (*prints, *before):
            if not item.unchanged():
                raise InputError(f"{item.path} changed while it was read. Run again when it is complete.")
        if not found:
            raise InputError(f"no stock-days in {', '.join(map(str, unit.files))}. Nothing is written.")
        self._expect(len(self.report.days) + len(found), progress)
        about = dict(frame.attrs.get(KEY, {}))
        if self.gate.min_coverage and "days" not in about:
            about["days"] = coverage(unit.files, self.options)
        seconds = _stages(about.get("seconds", {}), hashed, took, len(found))
        made = Made(unit, prints, before, [asdict(item) for item in prints], key, list(found), about, seconds)
        for date, day in found.items():
            if date in done:
                self._skip(date, unit, progress)
            else:
                try:
                    self._publish(date, day, made, progress)
                except FATAL:
                    raise
                except Exception as error:
                    self.record(date, "failed", progress, unit.files, len(day), seconds=seconds, error=error)

    def _market_of(self, unit: Unit) -> object:
        """Return what identifies the market of a unit's days, where its bars are given."""
        if self.market is None:
            return None
        return self.market.provenance(np.datetime64(unit.span[0], "D"), np.datetime64(unit.span[1], "D"))

    def _computed(self, unit: Unit, before: Sequence[Fingerprint]) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
        """Compute a unit, whole and by day; what is worth a note about its input goes to the report."""
        with warnings.catch_warnings(record=True) as caught:
            for category in TOLD:
                warnings.simplefilter("always", category)
            options = {"lookback": [item.path for item in before]} if before else {}
            frame = self.compute([str(file) for file in unit.files], **options)
        days = {str(date)[:10]: day for date, day in frame.groupby(level="date", sort=True)}
        for warning in caught:
            if issubclass(warning.category, TOLD):
                self.report.note(str(warning.message), days)
            else:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        for note in frame.attrs.get(KEY, {}).get("input", {}).get("notes", ()):
            self.report.note(str(note), days)
        missing = frame.attrs.get(KEY, {}).get("history", {}).get("first_days_without", ())
        if missing:
            self.report.note("some factors read earlier days than the input has; they are missing then", missing)
        return frame, days

    def _is_done(self, day: str, key: str) -> bool:
        manifest = self.manifests.get(day, {})
        same = manifest.get("inputs_key") == key and manifest.get("factor_set") == self.factor_set
        return same and self.store.is_whole(manifest)

    def _publish(self, date: str, day: pd.DataFrame, made: Made, progress: Progress) -> None:
        files = made.unit.files
        if date in self.taken:
            raise InputError(f"{date} comes from {_names(files)} and from {self.taken[date]}. Pass session= or tz=.")
        self.taken[date] = _names(files)
        covered = made.about.get("days", {}).get(date, {})
        old = self.manifests.get(date)
        whole = old if old and self.store.is_whole(old) else None
        rejection = self.gate.rejection(day, covered, whole, self.store.columns(date) if whole else ())
        if rejection:
            self.record(date, "withheld", progress, files, len(day), seconds=made.seconds, message=rejection)
            return
        provenance = {name: plain(made.about[name]) for name in LASTING if name in made.about}
        provenance |= {
            "options": plain(self.options.as_arguments()), "factor_set": self.factor_set,
            "inputs": [{"name": Path(i.path).name, "size": i.size, "sha256": i.sha256} for i in made.prints[:INLINE]],
            "input_files": len(made.prints), "inputs_key": made.key,
            **({"lookback": [{"name": Path(i.path).name, "sha256": i.sha256} for i in made.before[:INLINE]]}
               if made.before else {}),
        }  # fmt: skip
        manifest = {
            "inputs": made.inputs, "inputs_key": made.key, "factor_set": self.factor_set,
            "unit_days": made.days, "quality": {**covered, **made.about.get("input", {}).get("quality", {})},
            "made_by": {name: made.about.get(name) for name in ("library", "version", "backend", "engine")},
            **({"lookback": [asdict(item) for item in made.before]} if made.before else {}),
        }  # fmt: skip
        started = time.perf_counter()
        self.manifests[date] = self.store.publish(self.report.run, day, provenance, manifest)
        seconds = {**made.seconds, "write": time.perf_counter() - started}
        self.record(date, "passed", progress, files, len(day), day.shape[1], seconds=seconds)

    def _skip(self, date: str, unit: Unit, progress: Progress) -> None:
        self.taken[date] = _names(unit.files)
        output = self.manifests[date]["output"]
        self.record(date, "skipped", progress, unit.files, output["rows"], output["factors"])

    def record(
        self,
        day: str,
        status: Status,
        progress: Progress,
        files: Sequence[Path],
        stocks: int = 0,
        factors: int = 0,
        *,
        seconds: Mapping[str, float] | None = None,
        message: str = "",
        error: Exception | None = None,
    ) -> None:
        """Add a day's outcome to the report, the run's log and the progress bar."""
        if error is not None:
            message = str(error) if isinstance(error, FactorsError) else f"{type(error).__name__}: {error}"
        spent = {stage: round(took, 6) for stage, took in (seconds or {}).items()}
        more = (f"and {len(files) - INLINE} more",) if len(files) > INLINE else ()
        result = DayResult(day, status, stocks, factors, spent, message, (*map(str, files[:INLINE]), *more))
        self.report.days.append(result)
        progress.step(day, stocks if status != "skipped" else 0)
        line = {"at": now(), **asdict(result)}
        if error is not None and not isinstance(error, FactorsError):
            line["traceback"] = "".join(traceback.format_exception(error))
        self.store.log(self.report.run, line)


def _names(files: Sequence[Path]) -> str:
    return ", ".join(file.name for file in files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")


def _stages(seconds: Mapping[str, float], hashed: float, took: float, days: int) -> dict[str, float]:
    """Split a unit's time by stage, per day; what `compute` does not account for is "other"."""
    stages = {name: float(spent) for name, spent in seconds.items() if name != "total"}
    stages |= {"other": max(took - sum(stages.values()), 0.0), "hash": hashed}
    return {name: spent / days for name, spent in stages.items()}
