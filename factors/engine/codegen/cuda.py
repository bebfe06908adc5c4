"""A program as CUDA: its steps are those of a CPU's text, called by kernels instead of by one function.

A kernel is a few steps that follow each other, short enough to keep their values in registers; one thread computes one
stock's day, and what a later kernel reads goes through the device's memory. NVRTC compiles several sources of some
kernels each at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from factors.engine.codegen.program import Line, Program
from factors.engine.codegen.sources import Headers, head

THREADS = 32
"""Threads of a block: one warp, so that one day's stocks reach as many processors as there are."""
LONG = 12_000
"""Characters of steps from which a new kernel begins."""
SOURCE = 60_000
"""Characters of steps from which a new source begins."""
CALLED = 3_000
"""What a call of the kernel folder counts."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class CudaSource:
    """A CUDA source of its own.

    Attributes
    ----------
    code : str
        What NVRTC compiles.
    kernels : tuple of str
        Their names, in the order in which they run; those of all sources one after the other.
    """

    code: str
    kernels: tuple[str, ...]


def kernels(program: Program, lanes: int) -> list[CudaSource]:
    """Return a program as CUDA sources.

    Parameters
    ----------
    program : Program
        As of `emit`.
    lanes : int
        Stocks beside each other in the storage.
    """
    steps = {step.name: step.text() for step in program.functions}

    def length(line: Line) -> int:
        return len(steps.get(line.function, "")) or CALLED

    parts = list(enumerate(_cut(program.block, length, LONG)))
    sources = _cut(parts, lambda part: sum(map(length, part[1])), SOURCE)
    return [_source(program, steps, own, lanes) for own in sources]


def _source(
    program: Program, steps: Mapping[str, str], parts: Sequence[tuple[int, Sequence[Line]]], lanes: int
) -> CudaSource:  # fmt: skip
    headers = Headers(lanes, "gpu")
    body = [f"#define THREADS {THREADS}", head(program, headers.include)]
    body += [steps[line.function] for _, lines in parts for line in lines if line.function]
    body.append(headers.include("run"))
    for number, lines in parts:
        body += [f"KERNEL(part{number}) {{", "  PLACE", *(line.text for line in lines), "}"]
    return CudaSource("\n".join([*body, ""]), tuple(f"part{number}" for number, _ in parts))


def _cut(items: Sequence[Item], length: Callable[[Item], int], limit: int) -> list[list[Item]]:
    """Cut into runs that end when they are long enough."""
    runs: list[list[Item]] = []
    so_far = limit
    for item in items:
        if so_far >= limit:
            runs.append([])
            so_far = 0
        runs[-1].append(item)
        so_far += length(item)
    return runs
