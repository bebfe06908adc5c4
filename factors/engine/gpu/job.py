"""What is to be run on a GPU: emitted codes, and the series they read, on the host or on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.device.packing import Packing
from factors.data.device.resident import Resident
from factors.data.device.ticks import FixedPoint

THREADS_PER_SM = 512
"""Threads a multiprocessor wants, so that one computes while another waits for memory."""


@dataclass(frozen=True)
class KernelSource:
    """Emitted code and the memory that it wants.

    Attributes
    ----------
    text : str
        As of `emit`, for a storage that holds only the fields that are read.
    scratch, values, outputs : int
        Stored series, kept values and results of a stock-day.
    """

    text: str
    scratch: int
    values: int
    outputs: int


@dataclass(frozen=True)
class StageBuffers:
    """What crosses between the stages of some days, on the host.

    Attributes
    ----------
    buffer : float64 array, shape (blocks, size)
        Series and values of each block of stocks.
    profiles : float64 array, shape (days, numbers)
        What is the same for all stocks of a day.
    each_day : int
        Blocks of a day.
    writes : bool
        Whether the code writes series for a later stage.
    """

    buffer: Floats
    profiles: Floats
    each_day: int
    writes: bool


class LaunchJob:
    """What is to be run on a GPU.

    Parameters
    ----------
    codes : sequence of Code
        Emitted codes that read the same storage; they run side by side, their results come one after the other.
    fields : sequence of int
        Fields of the cube that they read, in the order in which they stand in the codes.
    storage : float64 array, shape (blocks, fields, minutes, lanes)
        A cube's, of the days one after the other; where `there` is, only its shape.
    ticks : sequence of FixedPoint or None, optional
        What whole numbers count, of each field, if they are to go up as such.
    there : Resident, optional
        The same series in the device's memory: nothing goes up.
    at : int
        Which of its blocks is the first of `storage`.
    beside : StageBuffers, optional
        What the codes read and write beside the storage, where they are a stage's.
    """

    def __init__(
        self,
        codes: Sequence[KernelSource],
        fields: Sequence[int],
        storage: Floats | tuple[int, ...],
        ticks: Sequence[FixedPoint | None] | None = None,
        there: Resident | None = None,
        at: int = 0,
        beside: StageBuffers | None = None,
    ) -> None:
        self.codes, self.fields, self.there, self.at = codes, tuple(fields), there, at
        self.storage = None if isinstance(storage, tuple) else storage
        shape = storage if isinstance(storage, tuple) else storage.shape
        self.beside = beside
        self.total, self.minutes = shape[0], shape[2]
        self.row = self.minutes * LANES
        assert there is not None or self.storage is not None
        self.sent = Packing(self.fields, self.row, ticks) if there is None else None
        self.packing = there.packing if there is not None else Packing(self.fields, self.row, ticks)
        self.expands = self.packing.ticks is not None
        assert self.expands or self.packing.fields == self.fields

    @property
    def block_bytes(self) -> int:
        """Memory of the device that a block of stocks takes while it is computed."""
        sent = self.sent.size(1) if self.sent else 0
        expanded = LANES * self.minutes * len(self.fields) if self.expands else 0
        own = sum(LANES * (self.minutes * code.scratch + code.values + code.outputs) for code in self.codes)
        return 8 * (sent + expanded + own + (self.beside.buffer.shape[1] if self.beside else 0))
