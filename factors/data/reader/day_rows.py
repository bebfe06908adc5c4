"""The rows of one day of a part: symbols as codes, fields in their units, only those asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.common.fields import PRICES
from factors.data.conventions.infer import Coded, Conventions
from factors.data.device.columns import CardColumns
from factors.data.native.clock import place_minutes
from factors.data.parsing.columns import ColumnRef, take
from factors.data.parsing.securities import Spellings
from factors.data.parsing.symbols import read_symbols
from factors.data.parsing.values import read_pieces
from factors.data.reader.grid import GridMap, day_name
from factors.data.rows import Columns, DayRows, Lookup
from factors.data.sources.frames import TableChunk

Rows = npt.NDArray[np.int64]
Slots = npt.NDArray[np.int32]


class DayBuilder:
    """Makes the rows of days, one after the other.

    Parameters
    ----------
    conventions : Conventions
        Conventions of the input.
    symbol : str or None
        The symbol of an input without a column of them.
    """

    def __init__(self, conventions: Conventions, symbol: str | None) -> None:
        self._conventions, self._symbol = conventions, symbol
        self._spellings = Spellings()

    def codes(self, part: TableChunk, rows: Rows) -> npt.NDArray[np.int32]:
        """Return a number for the symbol of each of some rows."""
        name = self._conventions.columns.symbol
        if name is None:
            return np.zeros(len(rows), np.int32)
        column = take(part.table.column(name), rows)
        return read_symbols(column, ColumnRef(name, part.source, part.first_row), self._conventions.digits, rows)[0]

    def encoded(self, part: TableChunk, days: int) -> TableChunk:
        """Encode the symbols of several days at once: picking codes is cheaper than picking text."""
        import pyarrow as pa

        name = self._conventions.columns.symbol
        if days == 1 or name is None or pa.types.is_dictionary(part.table.schema.field(name).type):
            return part
        column = part.table.column(name).dictionary_encode()
        return replace(part, table=part.table.set_column(part.table.schema.get_field_index(name), name, column))

    def build(
        self, part: TableChunk, grid: GridMap, day: int, rows: slice | Rows, slots: Slots, fields: Sequence[str],
        coded: Coded | None = None,
    ) -> DayRows:  # fmt: skip
        """Return the rows of a day.

        Parameters
        ----------
        part : TableChunk
            Where they stand.
        grid : GridMap
            Where its minutes belong.
        day : int
            The day.
        rows : slice or int64 array
            Its rows in the part.
        slots : int32 array
            Entry of the grid map of each.
        fields : sequence of str
            What to load.
        coded : Coded, optional
            The symbols of just these rows, where they have been read.
        """
        columns = self._conventions.columns.fields
        coded = self._coded(part, rows, f"{part.source}: {day_name(day)}", coded)
        units = self._conventions.units
        unit_of: dict[str, float | Floats] = dict.fromkeys((*PRICES, "pre_close"), self._conventions.price)
        unit_of |= {"volume": units.of_symbols(coded.symbols), "amount": units.amount}
        on_device = {name: columns[name] for name in fields if part.card and columns[name] in part.card.names}
        pieces: dict[str, list[npt.NDArray[Any]]] = {}
        for name in (name for name in fields if name not in on_device):
            pieces[name] = read_pieces(*self._column(part, columns[name], rows))
        values = Columns(pieces, unit_of, coded.code)
        if part.card and on_device:
            values = CardColumns(part.card.take(rows), on_device, pieces, unit_of, coded.code)
        minute, role = place_minutes(slots, 0, grid.minute, grid.role)
        return DayRows(
            np.datetime64(day, "D"), coded.symbols, coded.code, minute, role, Lookup(grid.clock, slots), values,
            grid.sessions[day], part.source,
        )  # fmt: skip

    def _coded(self, part: TableChunk, rows: slice | Rows, where: str, coded: Coded | None) -> Coded:
        """Return the symbols of some rows, each known under one spelling only."""
        name = self._conventions.columns.symbol
        if name is None:
            number = rows.stop - rows.start if isinstance(rows, slice) else len(rows)
            return Coded(np.zeros(number, np.int32), np.array([self._symbol], dtype=object))
        if coded is None:
            column, at, numbers = self._column(part, name, rows)
            coded = Coded(*read_symbols(column, at, self._conventions.digits, numbers))
        self._spellings.add(coded.symbols.tolist(), where, coded.digits)
        return coded

    def _column(self, part: TableChunk, name: str, rows: slice | Rows) -> tuple[Any, ColumnRef, Rows | None]:
        """Return some rows of a column, what it is called in messages, and their numbers where they do not follow."""
        start = rows.start if isinstance(rows, slice) else 0
        first = None if part.first_row is None else part.first_row + start
        numbers = None if isinstance(rows, slice) else rows
        return take(part.table.column(name), rows), ColumnRef(name, part.source, first), numbers
