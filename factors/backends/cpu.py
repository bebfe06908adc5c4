"""The host: NumPy, in place."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.backends.base import Backend
from factors.common.threads import cores


class CpuBackend(Backend):
    """NumPy on the host's cores."""

    name = "cpu"
    xp = np
    block: int | None = 256  # 256 x 240 float64 is half a megabyte: a few temporaries fit the second-level cache

    def __init__(self) -> None:
        self.device = f"cpu ({cores()} cores)"

    def put(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the array itself."""
        return array

    def take(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the array itself."""
        return array

    def sync(self) -> None:
        """Do nothing: NumPy has finished when it returns."""

    def free_bytes(self) -> int:
        """Return the host's free memory, in bytes."""
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
