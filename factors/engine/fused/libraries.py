"""Programs compiled for this machine's processor."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from factors.common.threads import each
from factors.data.blocks.layout import LANES
from factors.engine.codegen import sources
from factors.engine.codegen.cache import ProgramCache
from factors.engine.codegen.program import Program
from factors.engine.cross_section import passes
from factors.engine.fused.graph import FusedGraph

LIBRARIES: ProgramCache[ctypes.CDLL] = ProgramCache(512)
"""Loaded programs, by their digests."""

_POINTER: Any = ctypes.c_void_p
_LONG: Any = ctypes.c_long


def load(graphs: Iterable[FusedGraph]) -> None:
    """Compile what the stages of a plan compute, side by side, or find it in the cache."""
    programs = {graph.program.digest: graph.program for graph in graphs if graph.outputs}
    missing = [program for digest, program in programs.items() if LIBRARIES.find(digest) is None]
    jobs: list[Callable[[], Any]] = [partial(library, program) for program in missing]
    if any(program.stage_series is not None for program in programs.values()):
        jobs.append(passes.library)
    each(lambda job: job(), jobs, len(jobs))


def library(program: Program) -> ctypes.CDLL:
    """Return a program as a loaded library, compiled unless it is kept.

    Raises
    ------
    CompilerError
        If there is no compiler, or it fails.
    """
    return LIBRARIES.get(program.digest, lambda: _built(program))


def _built(program: Program) -> ctypes.CDLL:
    built = sources.build(program, LANES)
    arguments: list[Any] = [_POINTER] * 3 + [_LONG] * 5
    if program.stage_series is not None:
        arguments += [_POINTER, _LONG, _POINTER, _LONG, _LONG]
    built.run.argtypes, built.run.restype = arguments, None
    built.scratch_bytes.restype = _LONG
    return built
