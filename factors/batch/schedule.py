"""The units of a run, one after the other, with the earlier days that their factors read."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from factors.batch.file_days import FileDays
from factors.batch.fingerprints import Fingerprint, Fingerprints, distinct_inputs
from factors.batch.gate import Gate
from factors.batch.identity import Task
from factors.batch.outcomes import Outcomes, Progress
from factors.batch.report import BatchReport
from factors.batch.units import DayRange, Unit, Unreadable, make_units, unreadable_on
from factors.batch.worker import Worker
from factors.store.store import Store

Pending = Future[list[Fingerprint]]


def run_units(
    store: Store,
    files: Sequence[Path],
    task: Task,
    gate: Gate,
    report: BatchReport,
    stop: Event,
    *,
    force: bool,
    verify: bool,
    progress: bool | None,
) -> None:
    """Bring the days of all files into the store, in the order of the days.

    Parameters
    ----------
    store : Store
        Where the days go; held by this run.
    files : sequence of Path
        Input files.
    task : Task
        What is computed.
    gate : Gate
        What a day must fulfil.
    report : BatchReport
        Where outcomes are collected.
    stop : Event
        Once set, no further unit is taken on.
    force, verify, progress : bool
        As in `run_batch`.

    Raises
    ------
    FactorsError
        What every further day would meet too.
    """
    started = time.perf_counter()
    manifests = store.manifests()
    units, unreadable = _find_units(files, task, list(manifests.values()), verify)
    report.planning = time.perf_counter() - started
    report.left = len(units)
    alone = [bad for bad in unreadable if not any(unreadable_on(unit.days, [bad]) for unit in units)]
    with Progress(len(units) + len(alone), progress) as bar:
        outcomes = Outcomes(store, report, bar)
        worker = Worker(store, manifests, task, gate, outcomes, force)
        for bad in alone:
            outcomes.record(bad.label, "failed", (bad.file,), message=bad.reason)
        earlier = _EarlierUnits(task.history)
        for unit, fingerprints in _fingerprinted(Fingerprints(manifests.values(), verify), units):
            if stop.is_set():
                break
            report.left, days = report.left - 1, 0
            if lacking := unreadable_on(earlier.days_to(unit), unreadable):
                which = "one of its files" if unreadable_on(unit.days, lacking) else "an earlier day that it reads"
                message = f"not computed, {which} cannot be read: {lacking[0].reason}"
                outcomes.record(unit.label, "failed", (*unit.files, *(bad.file for bad in lacking)), message=message)
            else:
                days = worker.process(unit, fingerprints, earlier.fingerprints)
            earlier.add(unit, fingerprints, days)
    if stop.is_set() and report.left:
        report.stopped = "SIGTERM"
    handled = {result.day for result in report.days}
    others = sum(m["factor_set"] != task.factor_set for day, m in manifests.items() if day not in handled)
    if others:
        report.note(f"{others} other days of this store were made with other factors, options or library version.")


def _find_units(
    files: Sequence[Path], task: Task, manifests: Sequence[Mapping[str, Any]], verify: bool
) -> tuple[list[Unit], list[Unreadable]]:
    """Group the files into units; the days of files that were read in the same way before are known."""
    same = [manifest for manifest in manifests if manifest["factor_set"] == task.factor_set and not verify]
    days_of = FileDays(task.options, {(i["path"], i["size"], i["mtime_ns"]): days for i, days in _days_known(same)})
    days_of.adopt_conventions(files)
    return make_units(files, days_of, {item["path"]: days for item, days in _days_known(manifests)})


def _days_known(manifests: Sequence[Mapping[str, Any]]) -> Iterator[tuple[dict[str, Any], DayRange]]:
    """Yield every input file of earlier runs, with the first and last day of the files it was computed with."""
    days = {id(manifest["inputs"]): (manifest["unit_days"][0], manifest["unit_days"][-1]) for manifest in manifests}
    for inputs in distinct_inputs(manifests):
        for item in inputs:
            yield item, days[id(inputs)]


def _fingerprinted(fingerprints: Fingerprints, units: Sequence[Unit]) -> Iterator[tuple[Unit, Pending]]:
    """Yield each unit with its fingerprints; those of the next are taken meanwhile, which also fetches its files."""
    with ThreadPoolExecutor(1) as pool:
        pending = [pool.submit(fingerprints.of, unit.files) for unit in units[:1]]
        for number, unit in enumerate(units):
            pending += [pool.submit(fingerprints.of, later.files) for later in units[number + 1 : number + 2]]
            yield unit, pending.pop(0)


class _EarlierUnits:
    """The last units before the one in hand: as few as surely hold the days that its factors read.

    Parameters
    ----------
    history : int
        Among how many days of the input those are looked for.
    """

    def __init__(self, history: int) -> None:
        self._history = history
        self._units: list[tuple[Unit, Pending, int]] = []  # each with the days that it surely holds

    @property
    def fingerprints(self) -> list[Pending]:
        """Fingerprints of their files."""
        return [fingerprints for _, fingerprints, _ in self._units]

    def days_to(self, unit: Unit) -> DayRange:
        """Return the days from the first that is read to a unit's last; from the very first where they are too few."""
        if not self._history:
            return unit.days
        first = self._units[0][0].days[0] if self._days(self._units) >= self._history else ""
        return first, unit.days[1]

    def add(self, unit: Unit, fingerprints: Pending, days: int) -> None:
        """Add the unit that was in hand and gave so many days, and leave out what is no longer read."""
        if self._history:
            self._units.append((unit, fingerprints, max(days, 1 + (unit.days[0] != unit.days[1]))))
        while self._units and self._days(self._units[1:]) >= self._history:
            self._units.pop(0)

    @staticmethod
    def _days(units: Sequence[tuple[Unit, Pending, int]]) -> int:
        """Return how many days some units hold at least."""
        return sum(days for _, _, days in units)
