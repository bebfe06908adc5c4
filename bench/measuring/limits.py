"""What the hardware allows: the times that every result is a multiple of.

On the CPU it is STREAM's read: every number of the day's six fields summed once, compiled, on all cores. On a GPU it is
the same bytes at the bandwidth of a copy within its memory, and over the bus from pinned memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.measuring import kernels
from factors.data.cube.cube import MinuteCube
from factors.errors import CompilerError

FIELDS = ("open", "high", "low", "close", "volume", "amount")


def stream_read(cube: MinuteCube, threads: int) -> Callable[[], Any]:
    """Return a call that reads the six fields of a cube's first day."""
    try:
        return kernels.call(kernels.reading(FIELDS, cube), cube, threads)
    except CompilerError as error:
        pytest.skip(f"the limit is a compiled loop, and {error}")


def six_fields_bytes(cube: MinuteCube) -> int:
    """Return how many bytes that is."""
    return int(cube.storage[0].nbytes) * len(FIELDS) // len(cube.fields)
