"""What is to be run on a GPU: emitted programs, and the series they read, on the host or on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from factors.common.arrays import Floats
from factors.data.blocks.layout import LANES
from factors.data.device.packing import Packing
from factors.data.device.resident import Resident
from factors.data.device.ticks import FixedPoint
from factors.engine.codegen.program import Program

THREADS_PER_SM = 512
"""Threads a multiprocessor wants, so that one computes while another waits for memory."""


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
        Whether the programs write series for a later stage.
    """

    buffer: Floats
    profiles: Floats
    each_day: int
    writes: bool


class LaunchJob:
    """What is to be run on a GPU.

    Parameters
    ----------
    programs : sequence of Program
        Programs that read the same storage; they run side by side, their results come one after the other.
    fields : sequence of int
        Fields of the cube that they read, in the order in which they stand in the programs.
    storage : float64 array, shape (blocks, fields, minutes, lanes)
        A cube's, of the days one after the other; with `resident`, only its shape.
    ticks : sequence of FixedPoint or None, optional
        What whole numbers count, of each field, if they are to go up as such.
    resident : Resident, optional
        The same series in the device's memory: nothing goes up.
    at : int
        Which of its blocks is the first of `storage`.
    stage_buffers : StageBuffers, optional
        What the programs read and write beside the storage, where they are a stage's.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        fields: Sequence[int],
        storage: Floats | tuple[int, ...],
        ticks: Sequence[FixedPoint | None] | None = None,
        resident: Resident | None = None,
        at: int = 0,
        stage_buffers: StageBuffers | None = None,
    ) -> None:
        self.programs, self.fields, self.resident, self.at = programs, tuple(fields), resident, at
        self.storage = None if isinstance(storage, tuple) else storage
        shape = storage if isinstance(storage, tuple) else storage.shape
        self.stage_buffers = stage_buffers
        self.total, self.minutes = shape[0], shape[2]
        self.row = self.minutes * LANES
        assert resident is not None or self.storage is not None
        self.sent = Packing(self.fields, self.row, ticks) if resident is None else None
        self.packing = resident.packing if resident is not None else Packing(self.fields, self.row, ticks)
        self.expands = self.packing.ticks is not None
        assert self.expands or self.packing.fields == self.fields

    @property
    def block_bytes(self) -> int:
        """Memory of the device that a block of stocks takes while it is computed."""
        sent = self.sent.size(1) if self.sent else 0
        expanded = LANES * self.minutes * len(self.fields) if self.expands else 0
        own = sum(LANES * (self.minutes * x.stored + x.values + x.outputs) for x in self.programs)
        return 8 * (sent + expanded + own + (self.stage_buffers.buffer.shape[1] if self.stage_buffers else 0))
