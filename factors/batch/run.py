"""Minute-bar files in, a store of daily factor files out.

How a run goes:

1. Find the input files, and the factors; what is misspelt ends the run here.
2. Lock the store, clear what dead runs left staged, read the manifests.
3. Find out which days each file holds, and group files that share days into units (`plan`).
4. For each unit: fingerprint its files. If manifests say that these contents gave these days with these factors, and
   the days' files are still what the manifests say, skip it.
5. Else compute it, hold every day against the quality gate (`gate`), publish it (`factors.store.store`), log it.
6. Write the report.

A day that fails is logged and the run goes on. SIGTERM lets the day in hand finish and takes no other; SIGINT abandons
it. Neither leaves more than a staged file behind, which the end of the run, or the next one, removes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from factors.batch.file_days import FileDays
from factors.batch.gate import Gate
from factors.batch.identity import (
    Fingerprint,
    check,
    check_threads,
    days_before,
    distinct_inputs,
    factor_set,
    given_market,
)
from factors.batch.progress import Progress
from factors.batch.report import BatchReport
from factors.batch.units import DayRange, Paths, Unit, find_inputs, make_units, spoiled_by
from factors.batch.worker import Compute, Manifest, Worker
from factors.catalogue import Wanted
from factors.data.conventions.read_options import ReadOptions
from factors.definitions.decorators import Factor
from factors.errors import ArgumentError, FactorsError, StoreError
from factors.store.files import now
from factors.store.store import Store


def run_batch(
    inputs: Paths,
    store: str | os.PathLike[str],
    factors: Wanted = None,
    *,
    backend: str = "auto",
    engine: str = "auto",
    storage: str = "float64",
    session: Any = "auto",
    schema: Any = "auto",
    label: str = "auto",
    tz: str | None = None,
    volume_unit: float | str = "auto",
    outside: str = "error",
    duplicates: str = "error",
    market: Any = "mean",
    threads: int | None = None,
    min_coverage: float = 0.0,
    force: bool = False,
    verify: bool = False,
    progress: bool | None = None,
    compute: Compute | None = None,
) -> BatchReport:
    """Compute the factors of every day in the input files and keep them in a store, one file per day.

    Days that are already there, from the same input with the same factors, are skipped, so that the same command run
    every night does what is new.

    Parameters
    ----------
    inputs : str, path or list of these
        Folder, file or glob of minute-bar files; files may hold a day, many days, or part of the stocks of either.
    store : str or path
        The store's folder; made if needed. Read ``<store>/data`` with any Parquet reader, or with `read_store`.
    factors, backend, engine, storage, session, schema, label, tz, volume_unit, outside, duplicates, market, threads
        As in `factors.compute`. Factors that read earlier days find them in the input files of the days before.
    min_coverage : float
        Quality gate, 0 to 1: a day is withheld if its last bar, or the median stock's bars, reach less than this
        share of the session. 0 lets every day pass.
    force : bool
        Do every day again, and let a day be replaced by one that has fewer stocks or factors.
    verify : bool
        Hash every input file, instead of trusting an unchanged size and time.
    progress : bool, optional
        Show a progress bar on standard error; by default if it is a terminal or a notebook, unless the environment
        variable FACTORS_PROGRESS is 0.
    compute : callable, optional
        Stands in for `factors.compute`.

    Returns
    -------
    BatchReport
        What became of each day; also in ``<store>/_meta/report.json``.

    Raises
    ------
    ArgumentError
        If an option is outside its choices or of a wrong kind; nothing is made then.
    InputError
        If there is no input file.
    StoreLocked
        If another run holds the store.
    StoreError
        If the store cannot be written; days finished before are kept.
    BackendUnavailable, UnknownFactorError, DefinitionError
        As in `factors.compute`.
    KeyboardInterrupt
        On SIGINT, with the report so far as its argument.
    """
    home, gate = Store(store), Gate(min_coverage, force)
    options = ReadOptions(session, schema, label, tz, volume_unit, outside, duplicates)
    check_threads(threads)
    if not isinstance(factors, str | Factor | None):
        if not isinstance(factors, Iterable):
            raise ArgumentError(f"factors={factors!r} must be a name, a factor or a list of these.")
        factors = list(factors)
    if compute is None:
        from factors.compute import compute as function

        made_by = check(factors, backend, engine, market, storage)
        history, given = days_before(factors), given_market(factors, market, session)
    else:
        function, made_by, history, given = compute, {"factors": factors}, 0, None
    files = find_inputs(inputs, home.root)
    meant: dict[str, Any] = {"market": given.bars} if given is not None else {}
    if isinstance(market, str) and market == "amount":
        meant = {"market": market}
    if storage != "float64":  # how the series travel, which changes no number
        meant["storage"] = storage
    work = partial(
        function, factors=factors, backend=backend, engine=engine, threads=threads, **options.as_arguments(), **meant
    )
    started = time.perf_counter()
    report = BatchReport(f"{now().replace(':', '').replace('-', '')}-{os.getpid()}", str(home.root))
    with home.writing(report.run):
        worker = Worker(home, report, work, factor_set(made_by, options), options, gate, force=force, verify=verify,
                        market=given)  # fmt: skip
        try:
            with _sigterm(worker):
                _all_units(worker, files, verify, progress, history)
        except KeyboardInterrupt:
            report.stopped, report.left = "SIGINT", report.left + 1
            raise KeyboardInterrupt(report) from None
        except FactorsError as error:
            report.stopped = str(error)
            raise
        finally:
            report.elapsed = time.perf_counter() - started
            with contextlib.suppress(StoreError) if report.stopped else contextlib.nullcontext():
                home.write_json(report.run, home.root / "_meta" / "report.json", report.to_dict())
    return report


def _all_units(
    worker: Worker,
    files: Sequence[Path],
    verify: bool,
    progress: bool | None,
    history: int,
) -> None:
    started = time.perf_counter()
    manifests = list(worker.manifests.values())
    same = [manifest for manifest in manifests if manifest["factor_set"] == worker.factor_set and not verify]
    days_of = FileDays(worker.options, {(i["path"], i["size"], i["mtime_ns"]): span for i, span in _spans(same)})
    days_of.settle(files)
    units, unreadable = make_units(files, days_of, {item["path"]: span for item, span in _spans(manifests)})
    report = worker.report
    report.planning = time.perf_counter() - started
    alone = [bad for bad in unreadable if not any(spoiled_by(unit, [bad]) for unit in units)]
    report.left = len(units)
    with Progress(len(units) + len(alone), progress) as bar:
        for bad in alone:
            worker.record(bad.label, "failed", bar, (bad.file,), message=bad.reason)
        earlier: list[tuple[Unit, Future[list[Fingerprint]]]] = []
        for unit, prints in _fingerprinted(worker, units):
            if worker.stopped:
                break
            report.left -= 1
            if spoiled := spoiled_by(_reaching(unit, earlier, history), unreadable):
                which = "one of its files" if spoiled_by(unit, spoiled) else "an earlier day that it reads"
                message = f"not computed, {which} cannot be read: {spoiled[0].reason}"
                worker.record(unit.label, "failed", bar, (*unit.files, *(bad.file for bad in spoiled)), message=message)
            else:
                worker.do(unit, prints, bar, [before for _, before in earlier])
            earlier = [*earlier, (unit, prints)] if history else []
            while _days(earlier[1:]) >= history and earlier:
                earlier.pop(0)
    if worker.stopped and report.left:
        report.stopped = "SIGTERM"
    told = {result.day for result in report.days}
    others = sum(m["factor_set"] != worker.factor_set for day, m in worker.manifests.items() if day not in told)
    if others:
        report.note(f"{others} other days of this store were made with other factors, options or library version.")


def _days(units: Sequence[tuple[Unit, Any]]) -> int:
    """Return how many days some units hold at least."""
    return sum(1 + (unit.span[0] != unit.span[1]) for unit, _ in units)


def _reaching(unit: Unit, earlier: Sequence[tuple[Unit, Any]], history: int) -> Unit:
    """Return a unit with the days before it that are read, which are all of them where there are too few."""
    if not history:
        return unit
    return Unit(unit.files, (earlier[0][0].span[0] if _days(earlier) >= history else "", unit.span[1]))


def _fingerprinted(worker: Worker, units: Sequence[Unit]) -> Iterator[tuple[Unit, Future[list[Fingerprint]]]]:
    """Yield each unit with its fingerprints; those of the next are taken meanwhile, which also fetches its files."""
    with ThreadPoolExecutor(1) as pool:
        coming = [pool.submit(worker.fingerprints.of, unit.files) for unit in units[:1]]
        for number, unit in enumerate(units):
            coming += [pool.submit(worker.fingerprints.of, later.files) for later in units[number + 1 : number + 2]]
            yield unit, coming.pop(0)


def _spans(manifests: Sequence[Manifest]) -> Iterator[tuple[dict[str, Any], DayRange]]:
    """Yield every input file of earlier runs, with the first and last day of the files it was computed with."""
    spans = {id(manifest["inputs"]): (manifest["unit_days"][0], manifest["unit_days"][-1]) for manifest in manifests}
    for inputs in distinct_inputs(manifests):
        for item in inputs:
            yield item, spans[id(inputs)]


@contextlib.contextmanager
def _sigterm(worker: Worker) -> Iterator[None]:
    """Let SIGTERM end the run after the day in hand; only the main thread may say so."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stopped = True

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, old)
