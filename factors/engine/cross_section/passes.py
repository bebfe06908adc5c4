"""Passes over a series of all the stocks of a day, in C++, and the stocks that they are about."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.common.threads import each
from factors.data.blocks.layout import LANES
from factors.engine.codegen import sources
from factors.errors import CompilerError

FILE = "stocks"
"""The file of the kernel folder that has the passes."""
BLOCKS = 64
"""Blocks whose sums are added up before those of others; fixed, so that threads change no bit."""

Numbers = npt.NDArray[np.int64]

_L, _P = ctypes.c_long, ctypes.c_void_p
_ARGUMENTS = {
    "sums": ([_P, *[_L] * 4, _P, _P], None),
    "powers": ([_P, *[_L] * 4, *[_P] * 4], None),
    "traded": ([_P, *[_L] * 4, _P], None),
    "rows": ([_P, *[_L] * 4, _P, _P], None),
    "ranks": ([_P, _L, _L, _P, _L, _L, _P, _L, _P], None),
    "gaps": ([_P, _L, _P, _L, _L, _P, _L, _P], None),
    "units": ([_P, _L, _P, _L, _L, _P, _L, _P, _P], None),
    "pairs": ([_P, *[_L] * 4, _P], None),
    "against": ([_P, *[_L] * 3, _P, _P, _L, _P, _L, _P, _P, _P], None),
    "quantiles": ([_P, _P, _P, *[_L] * 4, ctypes.c_double, _P, _P], None),
    "panel_width": ([], _L),
    "width": ([], _L),
}


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL:
    """Return the compiled passes.

    Raises
    ------
    CompilerError
        If there is no C++ compiler, or it fails.
    """
    passes = sources.build_file(FILE, LANES)
    for name, (arguments, result) in _ARGUMENTS.items():
        function = getattr(passes, name)
        function.argtypes, function.restype = arguments, result
    return passes


def compiles() -> bool:
    """Whether the passes are to be had: a GPU's code is compiled without a C++ compiler, these are not."""
    try:
        library()
    except CompilerError:
        return False
    return True


def traded(volume: Floats, threads: int) -> npt.NDArray[np.bool_]:
    """Return which stocks have a volume, from their series (blocks, minutes, lanes)."""
    blocks, minutes, lanes = volume.shape
    has_volume = np.empty(blocks * lanes)
    each_blocks(blocks, threads, lambda a, b: library().traded(*place(volume), a, b, minutes, address(has_volume)))
    return has_volume > 0


@dataclass(frozen=True)
class Stocks:
    """The traded stocks of a day.

    Attributes
    ----------
    numbers : int64 array, shape (stocks,)
        Which of the cube's they are.
    weight : float64 array, shape (blocks * lanes,)
        1.0 for each of them, missing for the others.
    threads : int
        CPU threads for what is made of them.
    """

    numbers: Numbers
    weight: Floats
    threads: int

    @classmethod
    def of(cls, numbers: Numbers, blocks: int, threads: int) -> Stocks:
        """Return those of these numbers."""
        weight = np.full(blocks * LANES, np.nan)
        weight[numbers] = 1.0
        return cls(numbers, weight, threads)


def each_blocks(blocks: int, threads: int, work: Callable[[int, int], Any]) -> list[Any]:
    """Return work(first, last) of some blocks at a time."""
    return each(lambda first: work(first, min(first + BLOCKS, blocks)), range(0, blocks, BLOCKS), threads)


def address(array: npt.NDArray[Any]) -> int:
    """Return where an array lies whose numbers follow each other."""
    assert array.flags.c_contiguous
    return array.ctypes.data


def place(x: Floats) -> tuple[int, int]:
    """Return where a series lies, and the doubles from block to block."""
    return x.ctypes.data, x.strides[0] // 8
