"""How a cube's series lie in what is sent to a GPU.

As float64 they go up as the kernels read them: block by block, each with the fields wanted. As ticks they go up field
by field, half of the size, and two small kernels write them as float64 by blocks on the device.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from factors.backends.cuda import NVRTC_OPTIONS, CudaDevice
from factors.common.arrays import Floats
from factors.common.threads import each
from factors.data.device.ticks import FixedPoint, write

THREADS = 256
SOURCE = Path(__file__).with_name("expand.cu")


def code() -> str:
    """Return what is compiled for a device."""
    return f"#define THREADS {THREADS}\n" + SOURCE.read_text(encoding="utf-8")


class Packing:
    """Where each of some fields lies, for any number of blocks.

    Parameters
    ----------
    fields : sequence of int
        Fields of the cube.
    row : int
        Numbers of a block's field.
    ticks : sequence of FixedPoint or None, optional
        What whole numbers count, of every field of the cube; default: all are float64, by blocks.
    """

    def __init__(self, fields: Sequence[int], row: int, ticks: Sequence[FixedPoint | None] | None = None) -> None:
        self.fields, self.row = tuple(fields), row
        self.ticks = None if ticks is None else tuple(ticks[field] for field in fields)
        halves = [2] * len(self.fields) if self.ticks is None else [1 if tick else 2 for tick in self.ticks]
        self._before = [sum(halves[:k]) for k in range(len(halves))]
        self.halves = sum(halves)

    def size(self, blocks: int) -> int:
        """Return how many float64 some blocks take."""
        return -(-blocks * self.row * self.halves // 2)

    def begin(self, field: int, blocks: int) -> int:
        """Return where the one of `fields` begins among the 32-bit halves of so many blocks packed as ticks."""
        return blocks * self.row * self._before[field]

    def pack(self, up: Floats, part: Floats, threads: int) -> Floats:
        """Write some blocks into memory, and return that part of it.

        Raises
        ------
        AssertionError
            If a value is no whole number, which `ticks_of` has excluded.
        """
        blocks, _, minutes, lanes = part.shape
        written = up[: self.size(blocks)]
        whole = written.view(np.int32)

        def by_block(k: int) -> None:
            written.reshape(blocks, len(self.fields), minutes, lanes)[:, k] = part[:, self.fields[k]]

        def by_field(k: int) -> None:
            values, begin = part[:, self.fields[k]], self.begin(k, blocks)
            tick = self.ticks[k] if self.ticks else None
            if tick is None:
                whole[begin : begin + 2 * blocks * self.row].view(np.float64).reshape(values.shape)[...] = values
            elif write(values, tick, whole[begin : begin + blocks * self.row]) >= 0:
                raise AssertionError("a value is no whole number of ticks: ticks_of was not asked")

        if self.ticks is None:
            each(by_block, range(len(self.fields)), threads)
        else:
            for k in range(len(self.fields)):  # threads share a field's blocks
                by_field(k)
        return written

    def pieces(self, first: int, blocks: int, whole: int) -> list[tuple[int, int, int]]:
        """Return where pieces of some packed blocks belong among a whole: (begin, size, place) in float64."""
        if self.ticks is None:
            return [(0, self.size(blocks), self.size(first))]
        found = []
        for k, tick in enumerate(self.ticks):
            width = 1 if tick else 2
            begin, size = self.begin(k, blocks), blocks * self.row * width
            found.append((begin // 2, size // 2, (self.begin(k, whole) + first * self.row * width) // 2))
        return found

    def expand(
        self, card: CudaDevice, packed: Any, whole: int, first: int, blocks: int, storage: Any, wanted: Sequence[int],
        stream: Any,
    ) -> None:  # fmt: skip
        """Write packed blocks as float64 by blocks, on the device.

        Parameters
        ----------
        card : CudaDevice
            The GPU.
        packed : buffer
            What was packed.
        whole, first, blocks : int
            Blocks packed together, the first of them to write, and how many.
        storage : buffer
            Receives the wanted fields.
        wanted : sequence of int
            Fields of the cube, among those packed.
        stream
            Where it happens.
        """
        assert self.ticks is not None
        expand, arrange = card.load(code(), NVRTC_OPTIONS, ("expand", "arrange"))
        number = blocks * self.row
        for at, field in enumerate(wanted):
            k = self.fields.index(field)
            tick = self.ticks[k]
            begin = self.begin(k, whole) // (1 if tick else 2) + first * self.row
            given = [packed, storage, begin, number, self.row, len(wanted) * self.row, at]
            if tick is not None:
                given += [tick.up, tick.down]
            card.launch(arrange if tick is None else expand, -(-number // THREADS), THREADS, given, stream)
