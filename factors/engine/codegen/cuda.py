"""The emitted text as CUDA: the steps are those of a CPU's text, called by kernels instead of by one function.

A kernel is a few steps that follow each other, short enough to keep their values in registers; one thread computes one
stock's day, and what a later kernel reads goes through the device's memory. NVRTC compiles several programs of some
kernels each at the same time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from factors.engine.codegen.sources import source
from factors.toolchain.compiler import STEP

THREADS = 32
"""Threads of a block: one warp, so that one day's stocks reach as many processors as there are."""
LONG = 12_000
"""Characters of steps from which a new kernel begins."""
PROGRAM = 60_000
"""Characters of steps from which a new program begins."""
CALLED = 3_000
"""What a call of the kernel folder counts."""
CALL = re.compile(r"^  (?:v\[.*\] = )?(step\d+|k_\w+)\(")


Item = TypeVar("Item")


@dataclass(frozen=True)
class Program:
    """A CUDA source of its own.

    Attributes
    ----------
    code : str
        What NVRTC compiles.
    kernels : tuple of str
        Their names, in the order in which they run; those of all programs one after the other.
    """

    code: str
    kernels: tuple[str, ...]


def programs(text: str, lanes: int) -> list[Program]:
    """Return emitted text as CUDA programs.

    Parameters
    ----------
    text : str
        As of `emit`.
    lanes : int
        Stocks beside each other in the storage.
    """
    starts = [m.start() for m in STEP.finditer(text)]
    last = text.index("STEP void block(")
    head = text[: min([*starts, last])]
    steps = {text[a:b].partition("(")[0].removeprefix("STEP void "): text[a:b] for a, b in pairwise([*starts, last])}
    calls = text[last : text.index("\n}", last)].splitlines()[1:]

    def length(call: str) -> int:
        return len(steps.get(_called(call), "")) or CALLED

    kernels = _runs(calls, length, LONG)
    parts = _runs(list(enumerate(kernels)), lambda kernel: sum(map(length, kernel[1])), PROGRAM)
    return [_program(head, steps, part, lanes) for part in parts]


def _program(head: str, steps: dict[str, str], part: Sequence[tuple[int, list[str]]], lanes: int) -> Program:
    body = [f"#define THREADS {THREADS}", head]
    body += [steps[name] for _, calls in part for name in map(_called, calls) if name in steps]
    body.append('#include "run.h"')
    for number, calls in part:
        body += [f"KERNEL(part{number}) {{", "  PLACE", *calls, "}"]
    code = source("\n".join([*body, ""]), lanes, "gpu")
    return Program(code, tuple(f"part{number}" for number, _ in part))


def _called(call: str) -> str:
    found = CALL.match(call)
    return found[1] if found else ""


def _runs(items: Sequence[Item], length: Callable[[Item], int], limit: int) -> list[list[Item]]:
    """Cut into runs that end when they are long enough."""
    found: list[list[Item]] = []
    so_far = limit
    for item in items:
        if so_far >= limit:
            found.append([])
            so_far = 0
        found[-1].append(item)
        so_far += length(item)
    return found
