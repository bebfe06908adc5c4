"""How a cube lies in memory, and what is read of one by those who do not make it."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.calendar.session import Session

LANES = 8
"""Stocks per block: one cache line of float64, two AVX2 vectors, one AVX-512 vector."""


class CubeLike(Protocol):
    """The series of some days, with what names them."""

    @property
    def dates(self) -> npt.NDArray[np.datetime64]:
        """Trading days."""
        ...

    @property
    def symbols(self) -> npt.NDArray[np.object_]:
        """Symbols, sorted."""
        ...

    @property
    def sessions(self) -> tuple[Session, ...]:
        """Session of each day."""
        ...

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields held."""
        ...

    @property
    def storage(self) -> Floats:
        """The series."""
        ...
