"""Columns whose numbers lie in a GPU's memory, as cuDF has read them, beside those that lie on the host.

Times and symbols are always the host's: they say where each row belongs. Of the numbers the host asks for samples only,
to tell units from; `CardTable.numbers` is the one way by which they come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.backends.cuda import CudaDevice
from factors.common.arrays import Floats
from factors.data.device.transfer import CardPiece, compact, gather
from factors.data.rows import Columns

Rows = npt.NDArray[np.int64]

PIECES = 8
"""Pieces from which on they are copied into one: each is asked for by itself whenever rows are wanted."""


class CardTable:
    """Rows of columns in a GPU's memory, one piece after the other.

    Parameters
    ----------
    card : CudaDevice
        The GPU.
    pieces : sequence of CardPiece
        All with the same columns.
    """

    def __init__(self, card: CudaDevice, pieces: Sequence[CardPiece]) -> None:
        self.card, self.pieces = card, tuple(piece for piece in pieces if len(piece))
        self.starts: list[int] = np.cumsum([0, *map(len, self.pieces)]).tolist()
        self.names = frozenset(pieces[0].columns) if pieces else frozenset()

    def __len__(self) -> int:
        return self.starts[-1]

    def take(self, rows: slice | Rows) -> CardTable:
        """Return some rows, given in rising order; nothing is copied."""
        whole = zip(self.pieces, self.starts, self.starts[1:], strict=False)
        if isinstance(rows, slice):
            cut = [(piece, max(a, rows.start) - a, min(b, rows.stop) - a) for piece, a, b in whole]
            return CardTable(self.card, [piece.take(a, b) for piece, a, b in cut if a < b])
        edges = np.searchsorted(rows, self.starts).tolist()
        each = zip(whole, edges, edges[1:], strict=False)
        return CardTable(self.card, [piece.take(0, b - a, rows[m:n] - a) for (piece, a, b), m, n in each if m < n])

    def numbers(self, name: str) -> Floats:
        """Return a column as float64 on the host."""
        try:
            return np.concatenate([np.empty(0), *(gather(self.card, p.columns[name], p.rows) for p in self.pieces)])
        except MemoryError:
            return np.concatenate([np.empty(0), *self.on_host(name)])

    def on_host(self, name: str) -> list[npt.NDArray[Any]]:
        """Return the pieces of a column on the host, by whole copies: there may be no memory left to gather in."""
        found = []
        for piece in self.pieces:
            a, b = (
                (piece.rows.start, piece.rows.stop) if isinstance(piece.rows, slice) else (0, int(piece.rows[-1]) + 1)
            )
            whole = self.card.host(piece.columns[name][a:b])
            found.append(whole if isinstance(piece.rows, slice) else whole[piece.rows])
        return found

    def compact(self) -> CardTable:
        """Return a copy, as float64, that keeps no other row in memory.

        Raises
        ------
        MemoryError
            If the device has no room for it.
        """
        if not self.pieces:
            return self
        return CardTable(self.card, [CardPiece(compact(self.card, self.pieces), slice(0, len(self)))])


@dataclass(frozen=True)
class CardColumn:
    """One column of a table in a GPU's memory."""

    table: CardTable
    name: str


def joined(tables: Sequence[CardTable]) -> CardTable:
    """Return the rows of some tables, one after the other; pieces of the same columns become one."""
    pieces: list[CardPiece] = []
    for _, same in groupby((piece for table in tables for piece in table.pieces), lambda piece: id(piece.columns)):
        group = list(same)
        edges = [(p.rows.start, p.rows.stop) if isinstance(p.rows, slice) else (-1, -2) for p in group]
        rows: slice | Rows = slice(edges[0][0], edges[-1][1])
        if any(one[1] != other[0] for one, other in pairwise(edges)) or edges[0][0] < 0:
            rows = np.concatenate([np.arange(p.rows.start, p.rows.stop) if isinstance(p.rows, slice) else p.rows
                                   for p in group])  # fmt: skip
        pieces.append(CardPiece(group[0].columns, rows))
    found = CardTable(tables[0].card, pieces)
    return found if len(found.pieces) <= PIECES else found.compact()


class CardColumns(Columns):
    """Fields of a day's rows in a GPU's memory, and some beside them on the host.

    Parameters
    ----------
    table : CardTable
        The day's rows.
    names : dict of str to str
        Column by field, of those in the GPU's memory.
    pieces, units, code
        As of `Columns`; pieces of the fields on the host.
    """

    def __init__(
        self,
        table: CardTable,
        names: Mapping[str, str],
        pieces: Mapping[str, Sequence[npt.NDArray[Any]]],
        units: Mapping[str, float | Floats] | None = None,
        code: npt.NDArray[np.int32] | None = None,
    ) -> None:
        super().__init__(pieces, units, code)
        self.table, self.columns = table, dict(names)

    def __contains__(self, name: object) -> bool:
        return name in self.columns or name in self.pieces

    def __iter__(self) -> Any:
        return iter((*self.columns, *self.pieces))

    def __len__(self) -> int:
        return len(self.columns) + len(self.pieces)

    def pick(self, name: str, rows: npt.NDArray[Any]) -> Floats:
        """Return some rows of a field, given in rising order."""
        if name not in self.columns:
            return super().pick(name, rows)
        return self._in_units(name, self.table.take(rows).numbers(self.columns[name]), rows)

    def on_host(self) -> Columns:
        """Return all fields on the host: a copy of everything."""
        there = {name: self.table.on_host(column) for name, column in self.columns.items()}
        return Columns({**there, **self.pieces}, self.units, self._code)
