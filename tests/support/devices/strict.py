"""The GPU's understudy: array-api-strict on its second device, from which every hidden copy to the host raises."""

from __future__ import annotations

from typing import Any

import array_api_strict as xp
import numpy as np

from factors.backends.base import Backend

DEVICE = xp.Device("device1")


class StrictBackend(Backend):
    """A backend with the manners of a GPU: arrays leave its device through `take` alone, which is counted."""

    name = "strict"
    device = "array-api-strict device1"
    xp = xp
    block = None

    def __init__(self) -> None:
        self.taken = 0

    def put(self, array: Any) -> Any:
        """Return the array on the second device."""
        return xp.asarray(array, device=DEVICE)

    def take(self, array: Any) -> Any:
        """Return the array on the host."""
        assert array.device == DEVICE
        self.taken += 1
        return np.asarray(xp.asarray(array, device=xp.Device("CPU_DEVICE")))

    def sync(self) -> None:
        """Do nothing."""

    def free_bytes(self) -> int:
        """Return a gibibyte."""
        return 2**30
