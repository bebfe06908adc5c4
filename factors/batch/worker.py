"""One unit of a batch run: skip it, or compute it, judge its days and publish them."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from factors.batch.file_days import coverage
from factors.batch.fingerprints import Fingerprint, content_key
from factors.batch.gate import Gate
from factors.batch.identity import Task, plain
from factors.batch.outcomes import Outcomes
from factors.batch.units import Unit
from factors.common.provenance import KEY
from factors.errors import (
    BackendUnavailable,
    DefinitionError,
    InputError,
    InputWarning,
    MissingFieldWarning,
    StoreError,
    UnknownFactorError,
)
from factors.store.store import INLINE, Store

if TYPE_CHECKING:
    import pandas as pd

FATAL = (BackendUnavailable, UnknownFactorError, DefinitionError, StoreError)
"""Errors that every further day would meet too."""
REPORTED = (InputWarning, MissingFieldWarning)
"""Warnings that go to the report, instead of being shown for every day."""
REPRODUCIBLE = ("library", "version", "conventions", "git", "backend", "device", "engine", "dtype", "factors", "input",
                "history", "market")  # fmt: skip
"""What a day's file says about its making: nothing that differs when the same day is done again."""


@dataclass(frozen=True)
class UnitResult:
    """What a unit was computed from, and what it gave.

    Parameters
    ----------
    unit : Unit
        The unit.
    inputs, earlier : sequence of Fingerprint
        Its files, and those of earlier days that were read too, as they were.
    key : str
        One hash for their content.
    days : list of str
        The days it gave.
    provenance : mapping
        What `compute` said of the frame.
    seconds : mapping
        Where the time of a day went.
    """

    unit: Unit
    inputs: Sequence[Fingerprint]
    earlier: Sequence[Fingerprint]
    key: str
    days: list[str]
    provenance: Mapping[str, Any]
    seconds: Mapping[str, float]

    @cached_property
    def _listed(self) -> list[dict[str, Any]]:
        """The files as manifests list them: one list for all the unit's days."""
        return [asdict(item) for item in self.inputs]

    def manifest(self, day: str, factor_set: str) -> dict[str, Any]:
        """Return what is recorded beside a day's file."""
        quality = {**self.coverage(day), **self.provenance.get("input", {}).get("quality", {})}
        return {
            "inputs": self._listed, "inputs_key": self.key, "factor_set": factor_set,
            "unit_days": self.days, "quality": quality,
            "made_by": {name: self.provenance.get(name) for name in ("library", "version", "backend", "engine")},
            **({"lookback": [asdict(item) for item in self.earlier]} if self.earlier else {}),
        }  # fmt: skip

    def metadata(self, task: Task) -> dict[str, Any]:
        """Return what a day's file says of itself: the same when the day is done again."""
        named = [{"name": Path(i.path).name, "size": i.size, "sha256": i.sha256} for i in self.inputs[:INLINE]]
        read = [{"name": Path(i.path).name, "sha256": i.sha256} for i in self.earlier[:INLINE]]
        return {
            **{name: plain(self.provenance[name]) for name in REPRODUCIBLE if name in self.provenance},
            "options": plain(task.options.as_arguments()), "factor_set": task.factor_set,
            "inputs": named, "input_files": len(self.inputs), "inputs_key": self.key,
            **({"lookback": read} if read else {}),
        }  # fmt: skip

    def coverage(self, day: str) -> dict[str, Any]:
        """Return how much of the session the day's bars cover, where it is known."""
        covered: dict[str, Any] = self.provenance.get("days", {}).get(day, {})
        return covered


class Worker:
    """What stays the same over the units of a run.

    Parameters
    ----------
    store : Store
        Where the days go; held by this run.
    manifests : dict
        The store's, by day; those of days that are published come in.
    task : Task
        What is computed.
    gate : Gate
        What a day must fulfil.
    outcomes : Outcomes
        Where outcomes go.
    force : bool
        Do every day again.
    """

    def __init__(
        self, store: Store, manifests: dict[str, dict[str, Any]], task: Task, gate: Gate, outcomes: Outcomes,
        force: bool,
    ) -> None:  # fmt: skip
        self.store, self.manifests, self.task, self.gate = store, manifests, task, gate
        self.outcomes, self.force = outcomes, force
        self.days_by_key = {(m["inputs_key"], m["factor_set"]): m["unit_days"] for m in manifests.values()}
        self.origins: dict[str, str] = {}  # names of the files that a day came from

    def process(
        self,
        unit: Unit,
        fingerprints: Future[list[Fingerprint]],
        earlier: Sequence[Future[list[Fingerprint]]] = (),
    ) -> int:
        """Bring a unit's days into the store; what fails is reported, and only what would fail again is raised.

        `earlier` are the fingerprints of the units before it, as many as its factors read. Returns how many days it
        gave, 0 where it failed.
        """
        self.outcomes.begin_unit()
        days = 0
        try:
            days = self._process(unit, fingerprints, earlier)
        except FATAL as error:
            self.outcomes.record(unit.label, "failed", unit.files, error=error)
            raise
        except Exception as error:  # a failing day does not stop the others, whatever is wrong with it
            self.outcomes.record(unit.label, "failed", unit.files, error=error)
        self.outcomes.expect(0)
        return days

    def _process(
        self, unit: Unit, pending: Future[list[Fingerprint]], pending_earlier: Sequence[Future[list[Fingerprint]]]
    ) -> int:
        begin = time.perf_counter()
        inputs = pending.result()
        earlier = [item for future in pending_earlier for item in future.result()]
        key = content_key(inputs, earlier, self._market_of(unit))
        days = self.days_by_key.get((key, self.task.factor_set), [])
        done = [] if self.force else [day for day in days if self._is_done(day, key)]
        if days and len(done) == len(days):
            self.outcomes.expect(len(days))
            for day in days:
                self._skip(day, unit)
            return len(days)
        started = time.perf_counter()
        frame, frames = self._compute(unit, earlier)
        took, hashed = time.perf_counter() - started, started - begin
        for item in (*inputs, *earlier):
            if not item.unchanged():
                raise InputError(f"{item.path} changed while it was read. Run again when it is complete.")
        if not frames:
            raise InputError(f"no stock-days in {', '.join(map(str, unit.files))}. Nothing is written.")
        self.outcomes.expect(len(frames))
        provenance = dict(frame.attrs.get(KEY, {}))
        if self.gate.min_coverage and "days" not in provenance:
            provenance["days"] = coverage(unit.files, self.task.options)
        seconds = _seconds_a_day(provenance.get("seconds", {}), hashed, took, len(frames))
        result = UnitResult(unit, inputs, earlier, key, list(frames), provenance, seconds)
        for day, values in frames.items():
            if day in done:
                self._skip(day, unit)
            else:
                try:
                    self._publish(day, values, result)
                except FATAL:
                    raise
                except Exception as error:
                    self.outcomes.record(day, "failed", unit.files, len(values), seconds=seconds, error=error)
        return len(frames)

    def _market_of(self, unit: Unit) -> object:
        """Return what identifies the market of a unit's days, where its bars are given."""
        if self.task.market is None:
            return None
        first, last = unit.days
        return self.task.market.provenance(np.datetime64(first, "D"), np.datetime64(last, "D"))

    def _compute(self, unit: Unit, earlier: Sequence[Fingerprint]) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
        """Compute a unit, as one frame and by day; what is worth a note about its input goes to the report."""
        report = self.outcomes.report
        with warnings.catch_warnings(record=True) as caught:
            for category in REPORTED:
                warnings.simplefilter("always", category)
            options = {"lookback": [item.path for item in earlier]} if earlier else {}
            frame = self.task.compute([str(file) for file in unit.files], **options)
        days = {str(date)[:10]: day for date, day in frame.groupby(level="date", sort=True)}
        for warning in caught:
            if issubclass(warning.category, REPORTED):
                report.note(str(warning.message), days)
            else:
                warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
        for note in frame.attrs.get(KEY, {}).get("input", {}).get("notes", ()):
            report.note(str(note), days)
        missing = frame.attrs.get(KEY, {}).get("history", {}).get("first_days_without", ())
        if missing:
            report.note("some factors read earlier days than the input has; they are missing then", missing)
        return frame, days

    def _is_done(self, day: str, key: str) -> bool:
        manifest = self.manifests.get(day, {})
        same = manifest.get("inputs_key") == key and manifest.get("factor_set") == self.task.factor_set
        return same and self.store.is_intact(manifest)

    def _publish(self, day: str, values: pd.DataFrame, result: UnitResult) -> None:
        files = result.unit.files
        if day in self.origins:
            raise InputError(f"{day} comes from {_names(files)} and from {self.origins[day]}. Pass session= or tz=.")
        self.origins[day] = _names(files)
        manifest = self.manifests.get(day)
        published = manifest if manifest and self.store.is_intact(manifest) else None
        columns = self.store.columns(day) if published else ()
        rejection = self.gate.rejection(values, result.coverage(day), published, columns)
        if rejection:
            self.outcomes.record(day, "withheld", files, len(values), seconds=result.seconds, message=rejection)
            return
        started = time.perf_counter()
        self.manifests[day] = self.store.publish(
            self.outcomes.report.run, values, result.metadata(self.task), result.manifest(day, self.task.factor_set)
        )
        seconds = {**result.seconds, "write": time.perf_counter() - started}
        self.outcomes.record(day, "passed", files, len(values), values.shape[1], seconds=seconds)

    def _skip(self, day: str, unit: Unit) -> None:
        self.origins[day] = _names(unit.files)
        output = self.manifests[day]["output"]
        self.outcomes.record(day, "skipped", unit.files, output["rows"], output["factors"])


def _names(files: Sequence[Path]) -> str:
    return ", ".join(file.name for file in files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")


def _seconds_a_day(seconds: Mapping[str, float], hashed: float, took: float, days: int) -> dict[str, float]:
    """Split a unit's time by stage, per day; what `compute` does not account for is "other"."""
    stages = {name: float(spent) for name, spent in seconds.items() if name != "total"}
    stages |= {"other": max(took - sum(stages.values()), 0.0), "hash": hashed}
    return {name: spent / days for name, spent in stages.items()}
