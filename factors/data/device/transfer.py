"""Numbers in a GPU's memory, moved and gathered there by small kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.backends.cuda import NVRTC_OPTIONS, CudaDevice, drain
from factors.common.arrays import Floats
from factors.data.native.passes import KINDS, enum, kind_enum

Rows = npt.NDArray[np.int64]
THREADS = 256
SOURCE = Path(__file__).with_name("rows.cu")
NAMES = (
    "gather_rows", "clear_day", "write_close", "write_field", "count_crossed", "note_traded", "drop_empty",
    "merge_field", "fill_day",
)  # fmt: skip

HOW = ("high", "low", "keep", "take", "add")
"""Ways to merge two bars, in the order in which CUDA numbers them as `How`."""


@dataclass(frozen=True)
class CardPiece:
    """Some rows of columns of the same length.

    Attributes
    ----------
    columns : dict of str to array
        One-dimensional arrays of the device.
    rows : slice or int64 array
        The rows that are meant, in rising order.
    """

    columns: Mapping[str, Any]
    rows: slice | Rows

    def __len__(self) -> int:
        return self.rows.stop - self.rows.start if isinstance(self.rows, slice) else len(self.rows)

    def take(self, begin: int, end: int, rows: Rows | None = None) -> CardPiece:
        """Return its rows from begin to end, or some of these, counted from begin."""
        if isinstance(self.rows, slice):
            first = self.rows.start + begin
            return CardPiece(self.columns, slice(first, first + end - begin) if rows is None else first + rows)
        inside = self.rows[begin:end]
        return CardPiece(self.columns, inside if rows is None else inside[rows])


def code() -> str:
    """Return what is compiled for a device."""
    orders = kind_enum() + enum("How", map(str.upper, HOW))
    return f"#define THREADS {THREADS}\n{orders}{SOURCE.read_text(encoding='utf-8')}"


def kernels(card: CudaDevice) -> dict[str, Any]:
    """Return the kernels by name."""
    return dict(zip(NAMES, card.load(code(), NVRTC_OPTIONS, NAMES), strict=True))


class Queue:
    """What is to happen on a card, in order; all of it begins with `run`.

    So all memory is taken before the stream is made, which waits for whatever used that memory before.
    """

    def __init__(self, card: CudaDevice) -> None:
        self.card, self._kernels = card, kernels(card)
        self._held: list[Any] = []
        self._steps: list[Callable[[Any], None]] = []

    def room(self, size: int) -> Any:
        """Return memory of the device for so many bytes."""
        found = self.card.buffer(max(1, -(-size // 8)))
        self._held.append(found)
        return found

    def send(self, array: npt.NDArray[Any]) -> Any:
        """Return memory of the device that receives a copy."""
        size = max(1, -(-array.nbytes // 8))
        buffer, memory = self.room(8 * size), self.card.pinned(size)
        memory[-1] = 0.0  # what fills the last number up
        memory.view(np.uint8)[: array.nbytes] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        self.upload(buffer, memory)
        return buffer

    def upload(self, buffer: Any, memory: Floats, at: int = 0) -> None:
        """Copy pinned memory into a buffer."""
        card = self.card  # steps refer to it and not to this: a cycle would keep the memory
        self._steps.append(lambda stream: card.upload(buffer, memory, stream, at))

    def fetch(self, buffer: Any, size: int) -> npt.NDArray[np.uint8]:
        """Return memory of the host that receives so many bytes of the device."""
        card = self.card
        memory = card.pinned(max(1, -(-size // 8)))
        self._steps.append(lambda stream: card.download(memory, buffer, stream))
        return memory.view(np.uint8)[:size]

    def launch(self, name: str, number: int, *given: Any) -> None:
        """Run a kernel of so many threads."""
        what, kernel, blocks, card = (*given, number), self._kernels[name], -(-number // THREADS), self.card
        if number:
            self._steps.append(lambda stream: card.launch(kernel, blocks, THREADS, what, stream))

    def run(self) -> None:
        """Do all of it, and wait."""
        stream = self.card.stream()
        try:
            for step in self._steps:
                step(stream)
            self.card.wait(stream)
        except BaseException:
            drain(self.card, [stream])
            raise
        finally:
            self._steps.clear()
            self._held.clear()


def gather(card: CudaDevice, column: Any, rows: slice | Rows) -> Floats:
    """Return some numbers of a column on the host, as float64."""
    number = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
    if not number:
        return np.empty(0)
    asked = Queue(card)
    index = column if isinstance(rows, slice) else asked.send(rows.astype(np.int32))
    out = asked.room(8 * number)
    first = rows.start if isinstance(rows, slice) else -1
    asked.launch("gather_rows", number, column, kind_number(column), index, first, out)
    found = asked.fetch(out, 8 * number).view(np.float64)
    asked.run()
    return found.copy()


def compact(card: CudaDevice, pieces: Sequence[CardPiece]) -> dict[str, Any]:
    """Return the columns of some pieces, one after the other, as float64 in memory of their own."""
    asked, number = Queue(card), sum(map(len, pieces))
    found = {name: card.buffer(number) for name in pieces[0].columns}
    at = 0
    for piece in pieces:
        first = piece.rows.start if isinstance(piece.rows, slice) else -1
        index = None if isinstance(piece.rows, slice) else asked.send(piece.rows.astype(np.int32))
        for name, out in found.items():
            column = piece.columns[name]
            which = column if index is None else index
            asked.launch(
                "gather_rows", len(piece), column, kind_number(column), which, first, out[at : at + len(piece)]
            )
        at += len(piece)
    asked.run()
    return found


def kind_number(column: Any) -> int:
    return KINDS.index(np.dtype(column.dtype).str[1:])
