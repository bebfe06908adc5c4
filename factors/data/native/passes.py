"""Passes over long rows in C++: many times faster than NumPy's, which remain as their oracle and their fallback.

They are compiled once (`factors.toolchain.compiler`) and run from as many threads as there are cores, outside the
interpreter's lock. Without a compiler, and for a few rows, NumPy does the same.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.errors import CompilerError
from factors.toolchain import compiler as compiling

KINDS = ("f8", "f4", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1")
"""Types of numbers, in the order in which C++ and CUDA number them as `Kind`."""
FEW = 20_000
"""Rows below which NumPy is quick enough not to wait for a compiler."""

log = logging.getLogger("factors")

_L, _P, _I, _D = ctypes.c_long, ctypes.c_void_p, ctypes.c_int, ctypes.c_double
_ARGUMENTS = {
    "minutes": ([_P, _L, _L, _P], _L),
    "edges": ([_P, _L, _P], None),
    "histogram": ([_P, _L, _I, _L, _P, _P], None),
    "place": ([_P, _L, _I, _P, _P, _P, _P], None),
    "used": ([_P, _L, _P], None),
    "translate": ([_P, _L, _P, _P], None),
    "scatter": ([*[_P] * 6, *[_I] * 4, *[_P] * 3, *[_L] * 3, *[_P] * 3], None),
    "empty": ([_P, _P, _L, _L, _I, _L], _L),
    "whole_ticks": ([_P, _L, _L, _L, _D, _D, _P], _L),
    "fill": ([_P, _P, _P, _L, _L, *[_I] * 3, _P, _L, _L], None),
}


def enum(name: str, members: Iterable[str]) -> str:
    """Return an order that is said here as C++ says it."""
    return f"enum {name} {{ {', '.join(members)} }};\n"


def kind_enum() -> str:
    """Return `KINDS` as C++ has them: F64 for f8."""
    return enum("Kind", (f"{kind[0].upper()}{8 * int(kind[1:])}" for kind in KINDS))


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL | None:
    """Return the compiled passes, or None where nothing can be compiled."""
    text = kind_enum() + Path(__file__).with_name("rows.cpp").read_text(encoding="utf-8")
    try:
        found = compiling.build_text(text)
    except CompilerError as error:
        log.info("rows are read by NumPy: %s", error)
        return None
    for name, (arguments, result) in _ARGUMENTS.items():
        function = getattr(found, name)
        function.argtypes, function.restype = arguments, result
    return found


def native(rows: int) -> ctypes.CDLL | None:
    """Return the compiled passes if they pay for so many rows."""
    return library() if rows >= FEW else None


def address(array: npt.NDArray[Any]) -> int:
    """Return where an array's numbers lie."""
    return array.ctypes.data


def kind_of(array: npt.NDArray[Any]) -> int | None:
    """Return an array's number type as the passes know it; None for others and for other layouts."""
    if array.ndim != 1 or not array.flags.c_contiguous or not array.dtype.isnative:
        return None
    text = array.dtype.str[1:]
    return KINDS.index(text) if text in KINDS else None


def pointers(arrays: Sequence[npt.NDArray[Any] | None]) -> npt.NDArray[np.int64]:
    """Return the addresses of arrays, 0 for None."""
    return np.array([0 if array is None else address(array) for array in arrays], np.int64)
