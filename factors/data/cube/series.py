"""Where a cube's series lie: on the host, in the memory of a GPU, or in both."""

from __future__ import annotations

import logging
import math

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.device.resident import Resident
from factors.data.device.storage import CardStorage

log = logging.getLogger("factors")


class CubeSeries:
    """The one thing of a cube that changes: series come to the host when they are asked for, and go up and leave again.

    Parameters
    ----------
    series : float64 array or CardStorage, shape (days, blocks, fields, minutes, lanes)
        The series, where they were made.

    Attributes
    ----------
    shape : tuple of int
        Their shape, for which nothing comes to the host.
    resident : Resident or None
        The same series as computing finds them on a GPU.
    """

    def __init__(self, series: Floats | CardStorage) -> None:
        self.shape: tuple[int, ...] = series.shape
        self._host = series if isinstance(series, np.ndarray) else None
        self._device = None if isinstance(series, np.ndarray) else series
        self.resident: Resident | None = None if self._device is None else self._device.resident()

    def __copy__(self) -> CubeSeries:
        found = CubeSeries.__new__(CubeSeries)
        vars(found).update(vars(self))
        return found

    @property
    def on_device_only(self) -> bool:
        """Whether the series have not been asked for on the host."""
        return self._host is None

    @property
    def host(self) -> Floats:
        """The series on the host."""
        if self._host is None:
            assert self._device is not None
            log.info("%.1f MB of series come from the GPU to the host", 8 * math.prod(self.shape) / 1e6)
            self._host = self._device.host()
        return self._host

    def pick(self, day: int, at: npt.NDArray[np.int64]) -> Floats:
        """Return some numbers of a day, given by where they lie in it, from where they lie."""
        if self._host is not None or self._device is None:
            found: Floats = self.host[day].reshape(-1)[at]
            return found
        return self._device.pick(day, at)

    def take_down(self) -> None:
        """Leave nothing on a GPU: what lies there only comes to the host first."""
        assert self.host is not None
        self.resident = self._device = None
