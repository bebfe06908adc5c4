"""Series of a cube in the memory of a GPU, where computing finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from factors import backends
from factors.backends import Backend
from factors.backends.cuda import CudaDevice, drain
from factors.common.arrays import Floats
from factors.common.checks import one_of
from factors.common.threads import cores
from factors.data.blocks.layout import CubeLike
from factors.data.device.packing import Packing
from factors.data.device.ticks import FixedPoint, ticks_of
from factors.errors import ArgumentError

BATCH = 32 << 20
"""Bytes that go up in a batch, at least: a copy of less does not reach the bus's speed."""


@dataclass(frozen=True)
class Resident:
    """Series of a cube in the memory of a GPU, where computing finds them.

    Attributes
    ----------
    card : CudaDevice
        The GPU.
    buffer : buffer
        Its memory.
    blocks : int
        Blocks of stocks, of the days one after the other.
    packing : Packing
        How they lie there.
    """

    card: CudaDevice
    buffer: Any
    blocks: int
    packing: Packing


def send(
    card: CudaDevice, storage: Floats, ticks: Sequence[FixedPoint | None] | None = None, threads: int = 1
) -> Resident:
    """Send series to a GPU.

    Parameters
    ----------
    card : CudaDevice
        The GPU.
    storage : float64 array, shape (blocks, fields, minutes, lanes)
        A cube's, of the days one after the other.
    ticks : sequence of FixedPoint or None, optional
        What whole numbers count, of each field; default: all are float64.
    threads : int
        Threads of the host that pack them.

    Raises
    ------
    MemoryError
        If the device has not so much room.
    """
    blocks, fields, minutes, lanes = storage.shape
    packing = Packing(range(fields), minutes * lanes, ticks)
    buffer = card.buffer(packing.size(blocks))
    step = max(1, BATCH // (8 * packing.size(1)))
    streams = [(card.stream(), card.pinned(packing.size(step))) for _ in range(2)]
    try:
        for number, first in enumerate(range(0, blocks, step)):
            stream, memory = streams[number % 2]
            card.wait(stream)
            part = storage[first : first + step]
            up = packing.pack(memory, part, threads)
            for begin, size, at in packing.pieces(first, len(part), blocks):
                card.upload(buffer, up[begin : begin + size], stream, at)
        for stream, _ in streams:
            card.wait(stream)
    except BaseException:
        drain(card, [stream for stream, _ in streams])
        raise
    return Resident(card, buffer, blocks, packing)


def resident(cube: CubeLike, backend: str | Backend, storage: str = "float64") -> Resident:
    """Send a cube's series to a GPU; as `MinuteCube.upload`."""
    check_storage(storage)
    device = backends.get(backend)
    if device.card is None:
        raise ArgumentError(f"backend={device.name!r}: a cube can be sent to a GPU only.")
    days, blocks, fields, minutes, lanes = cube.storage.shape
    ticks = ticks_of(cube) if storage == "ticks" else None
    return send(device.card, cube.storage.reshape(days * blocks, fields, minutes, lanes), ticks, cores())


def check_storage(storage: Any) -> None:
    """Refuse a storage type that does not exist."""
    one_of("storage", storage, ("float64", "ticks"))
