"""Minute-bar files in, a store of daily factor files out.

How a run goes:

1. What is to be computed is checked (`identity.Task`), and the input files are found (`units.find_inputs`); what is
   misspelt ends the run here.
2. The store is locked, what dead runs left staged is cleared, the manifests are read (`store.store`).
3. The days that each file holds are found out (`file_days`); files that share days become units (`units.make_units`).
4. Of each unit the files are fingerprinted (`schedule`, `fingerprints`). If manifests say that these contents gave
   these days with these factors, and the days' files are still what the manifests say, it is skipped (`worker`).
5. Else it is computed, every day is held against the quality gate (`gate`) and published (`store.store`), and its
   outcome goes to the report, the log and the progress bar (`outcomes`).
6. The report is written (`report`).

A day that fails is logged and the run goes on. SIGTERM lets the day in hand finish and takes no other; SIGINT abandons
it. Neither leaves more than a staged file behind, which the end of the run, or the next one, removes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from threading import Event
from types import FrameType
from typing import Any

from factors.batch.gate import Gate
from factors.batch.identity import Compute, Task
from factors.batch.report import BatchReport
from factors.batch.schedule import run_units
from factors.batch.units import Paths, find_inputs
from factors.catalogue import Wanted
from factors.data.conventions.read_options import ReadOptions
from factors.errors import FactorsError, StoreError
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
    target, gate = Store(store), Gate(min_coverage, force)
    options = ReadOptions(session, schema, label, tz, volume_unit, outside, duplicates)
    task = Task.of(
        factors, options, backend=backend, engine=engine, storage=storage, market=market, threads=threads,
        compute=compute,
    )  # fmt: skip
    files = find_inputs(inputs, target.root)
    started = time.perf_counter()
    report = BatchReport(f"{now().replace(':', '').replace('-', '')}-{os.getpid()}", str(target.root))
    with target.writing(report.run):
        try:
            with _stop_on_sigterm() as stop:
                run_units(target, files, task, gate, report, stop, force=force, verify=verify, progress=progress)
        except KeyboardInterrupt:
            report.stopped, report.left = "SIGINT", report.left + 1
            raise KeyboardInterrupt(report) from None
        except FactorsError as error:
            report.stopped = str(error)
            raise
        finally:
            report.elapsed = time.perf_counter() - started
            with contextlib.suppress(StoreError) if report.stopped else contextlib.nullcontext():
                target.write_json(report.run, target.root / "_meta" / "report.json", report.to_dict())
    return report


@contextlib.contextmanager
def _stop_on_sigterm() -> Iterator[Event]:
    """Let SIGTERM end the run after the unit in hand; only the main thread may say so."""
    stop = Event()

    def set_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    old = signal.signal(signal.SIGTERM, set_stop)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, old)
