"""Choosing an engine, and going on with another where "auto" was asked for."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any

from factors.backends import Backend
from factors.backends.base import refuse_device
from factors.common.arrays import Floats
from factors.common.checks import one_of
from factors.data.cube.cube import MinuteCube
from factors.data.cube.days_before import EarlierDays
from factors.data.device.resident import check_storage
from factors.data.device.ticks import ticks_of
from factors.engine.matrix.across import evaluate_cross_sections
from factors.engine.planning.external import ExternalInputs
from factors.engine.planning.market import Market
from factors.engine.planning.plan import Plan
from factors.errors import ArgumentError, CompilerError
from factors.toolchain.compiler import compiler

log = logging.getLogger("factors")

_told: list[str] = []

ENGINES = {"fused": "factors.engine.fused.run", "matrix": "factors.engine.matrix.run", "loop": "factors.engine.loop"}
"""Engines by name; each module has a function ``run(plan, cube, backend, threads, notes, given)``; that of the fused
engine also takes the `ticks` by which series go to a GPU."""


def engine_of(name: str) -> Callable[..., Floats]:
    """Return an engine's ``run``, imported when it is asked for."""
    run: Callable[..., Floats] = import_module(ENGINES[name]).run
    return run


def check_engine(engine: str) -> None:
    """Refuse an engine that does not exist."""
    one_of("engine", engine, ("auto", *ENGINES))


class Executor:
    """How a plan runs: the engine asked for, or the best there is, and what it had to say.

    Parameters
    ----------
    engine : str
        As asked for.
    device : Backend
        Where it runs.
    storage : str
        How series go there.

    Raises
    ------
    ArgumentError
        If the device cannot do so.
    """

    def __init__(self, engine: str, device: Backend, storage: str = "float64") -> None:
        self.device = device
        self.storage = storage
        self.auto = engine == "auto"
        self.name = engine
        self.why = ""
        self.notes: dict[str, str] = {}
        if engine == "fused":
            refuse_device(device)  # before any data is read
        check_storage(storage)
        if storage == "ticks" and (device.card is None or engine not in ("auto", "fused")):
            raise ArgumentError(
                f"storage='ticks' is how series go to a GPU for engine='fused'; backend {device.name!r} with engine="
                f"{engine!r} computes from float64."
            )
        if self.auto:
            self.name = "fused" if device.name == "cpu" or device.card is not None else "matrix"
            if device.name == "cpu":
                self._try_compiler()

    @property
    def reads_on_device(self) -> bool:
        """Whether the fields of the input may lie in the device's memory only."""
        return self.name == "fused" and self.storage == "float64" and self.device.card is not None

    def _try_compiler(self) -> None:
        try:
            compiler()
        except CompilerError as error:
            self._take_matrix(error)

    def _take_matrix(self, error: CompilerError) -> None:
        self.name, self.why = "matrix", str(error)
        log.info("engine 'auto' took the matrix engine: %s", error)

    def _tell_failure(self, error: CompilerError) -> None:
        """Warn of a compiler that is there and fails: once per process, not once per day."""
        if not _told:
            _told.append(str(error))
            log.warning("engine 'auto' takes the matrix engine, which is slower: %s", error)

    def run(
        self,
        plan: Plan,
        cube: MinuteCube,
        threads: int,
        market: Market | None = None,
        earlier: EarlierDays | None = None,
    ) -> Floats:
        """Run the plan on a cube; "auto" goes on with the matrix engine if the compiler fails.

        `earlier` are the days before the cube's first.
        """
        try:
            return self._run(plan, cube, threads, market, earlier)
        except CompilerError as error:
            if not self.auto:
                raise
            self._tell_failure(error)
            self._take_matrix(error)
            return self._run(plan, cube, threads, market, earlier)

    def _run(
        self, plan: Plan, cube: MinuteCube, threads: int, market: Market | None, earlier: EarlierDays | None
    ) -> Floats:
        encoding = {"ticks": ticks_of(cube)} if self.storage == "ticks" and self.name == "fused" else {}
        # the loops make for themselves what others are held to, the fused engine first what it can of it
        given = (
            evaluate_cross_sections(plan, cube, threads, market, earlier=earlier)
            if self.name == "matrix"
            else ExternalInputs(cube, market or Market(), earlier=earlier)
        )
        return engine_of(self.name)(plan, cube, self.device, threads, self.notes, given, **encoding)

    def provenance(self) -> dict[str, Any]:
        """Return what belongs into the provenance: why "auto" chose, and which factors ran on the matrix engine."""
        told: dict[str, Any] = {"engine_why": self.why} if self.why else {}
        if self.storage != "float64" and self.name == "fused":
            told["storage"] = self.storage
        return {**told, "on_matrix": dict(self.notes)} if self.notes else told
