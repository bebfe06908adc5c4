"""From minute bars in any container to the rows of one day after another.

1. The source says which columns there are; names bind them to time, symbol and fields.
2. Conventions are settled once (`settle`) and written into the report.
3. The source yields parts of whole days; each part's minutes are placed on the session's grid with one table look-up.
4. A part is cut into days, without a copy where a day's rows stand together, and only the fields asked for are
   converted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.backends import Backend
from factors.backends.cudf import CudfReader
from factors.common.fields import FIELDS, PRICES
from factors.data.calendar.session import EXTENDED, OUTSIDE
from factors.data.conventions import units
from factors.data.conventions.column_names import map_columns, role_of
from factors.data.conventions.infer import Coded, Conventions, clock_zone, infer_conventions, part_times
from factors.data.conventions.label import check_label
from factors.data.conventions.read_options import DETECT, ReadOptions
from factors.data.conventions.session_detection import MinuteCounts, better_session
from factors.data.device.columns import CardColumns
from factors.data.native.clock import place_minutes
from factors.data.parsing.columns import ColumnRef, take
from factors.data.parsing.datetime_text import Times
from factors.data.parsing.values import Spellings, read_pieces, read_symbols
from factors.data.reader.day_notes import DayNotes
from factors.data.reader.grid import WEEKEND, GridMap, by_day, day_name, end_days, lie_outside, map_to_grid, stray_error
from factors.data.rows import Columns, DayRows, InputReport, Lookup
from factors.data.sources.files import FileSource
from factors.data.sources.frames import Source, TableChunk
from factors.data.sources.open_source import open_source
from factors.errors import InputError, TimeError, choice

Rows = npt.NDArray[np.int64]
Slots = npt.NDArray[np.int32]

HALF_DAY_STOCKS = 5
"""Stocks that have to stop at the half day's end; fewer may be halted."""

_LEFT_OUT = {"extended hours": EXTENDED, "outside session": OUTSIDE, "weekend": WEEKEND}


def open_bars(
    minute_bars: Any, options: ReadOptions = DETECT, *, fields: Sequence[str] | None = None, on: Backend | None = None
) -> BarReader:
    """Open minute bars: find columns, session, label side and units, and stand ready to read day after day.

    Parameters
    ----------
    minute_bars : object
        A pandas or polars frame (lazy ones too), a pyarrow Table, RecordBatch, RecordBatchReader or Dataset, anything
        with ``__arrow_c_stream__``; or a path, glob pattern, folder or list of Parquet, CSV (.gz, .zip) or feather
        files. Symbols keep their spelling, so that results join to the caller's own data.
    options : ReadOptions, optional
        How to read them; default: all is detected.
    fields : sequence of str, optional
        Fields to load; the close is always loaded. Default: all that the input has.
    on : Backend, optional
        A GPU into whose memory the fields are read, where it can read them (Parquet files and cuDF frames, by cuDF).

    Returns
    -------
    BarReader

    Raises
    ------
    MissingFieldError
        If time, symbol or close is not found, or two columns claim one of them.
    TimeError
        If times cannot be read or placed, or session or label cannot be told.
    InputError
        If the input is empty, unreadable or of an unknown kind. While reading also where one security has two
        spellings (000001.XSHE and sz000001), and where no row lies in the session.
    ArgumentError
        If a field is none.
    """
    for name in fields or ():
        if name not in FIELDS:
            raise choice("fields", name, FIELDS)
    declared = options.declared
    source = open_source(minute_bars, declared.header)
    binding = map_columns(
        source.names, declared, where=source.where, time_index=source.time_index, symbol_index=source.symbol_index
    )  # fmt: skip
    wanted = [name for name in FIELDS if name in binding.fields and (fields is None or name in (*fields, "close"))]
    report = InputReport()
    if isinstance(source, FileSource):
        source.prepare(list(binding.fields.values()))
        late = [name for name in source.later if role_of(name) in FIELDS and role_of(name) not in binding.fields]
        report.notes += [f"column {name!r} is in later files only and is not read." for name in late]
    read = [name for name in FIELDS if name in binding.fields and name in (*wanted, *units.TELLING)]
    tables = None
    if on is not None:
        tables = source.use_card(on.tables, [binding.fields[name] for name in read])
    settled = infer_conventions(source, binding, declared, wanted, report)
    wanted = [name for name in wanted if name in settled.binding.fields]
    return BarReader(source, settled, wanted, options, report, tables)


class BarReader:
    """Minute bars that have been opened; made by `open_bars`.

    Attributes
    ----------
    report : InputReport
        What was found, and what is mended while reading.
    kind : str
        Container of the input: ``"pandas"``, ``"polars"``, ``"cudf"``, ``"arrow"`` or ``"files"``.
    available : tuple of str
        Fields that the input has, loaded or not.
    fields : tuple of str
        Fields that are loaded.
    session : Session
        Session of a whole day.
    on : CudaDevice or None
        The GPU into whose memory fields are read, as far as it has room.
    """

    def __init__(
        self, source: Source, settled: Conventions, fields: Sequence[str], options: ReadOptions, report: InputReport,
        tables: CudfReader | None = None,
    ) -> None:  # fmt: skip
        self.report = report
        self.kind = source.kind
        self.available = tuple(name for name in FIELDS if name in settled.binding.fields)
        self.fields = tuple(fields)
        self.session = settled.session
        self.on = None if tables is None else tables.card
        self._tables = tables
        self._source, self._settled, self._schema = source, replace(settled, coded=None), options.declared
        self._coded = settled.coded
        self._drop = options.outside == "drop"
        self._spellings = Spellings()
        self._notes = DayNotes(settled.session, settled.shift)

    def add_pre_close(self) -> bool:
        """Load the previous close too, where the input has it; return whether it has."""
        found = "pre_close" in self._settled.binding.fields
        if found and "pre_close" not in self.fields:
            self.fields = (*self.fields, "pre_close")
        return found

    def days(self) -> Iterator[DayRows]:
        """Yield the rows of each day, in date order.

        Raises
        ------
        FactorsError
            If rows cannot be read or placed; the message names file, column and row.
        """
        binding = self._settled.binding
        times = [name for name in (binding.time, binding.date) if name]
        columns = [*times, *([binding.symbol] if binding.symbol else []), *(binding.fields[f] for f in self.fields)]
        last = None
        left: dict[int, int] = {}
        for part in self._source.parts(list(dict.fromkeys(columns)), times, self._days_of):
            for day in self._part(part, left):
                if last is None:
                    units.check_cumulative(day)
                elif day.date <= last:
                    raise InputError(f"{day.source}: rows of {day.date} come after those of {last}.")
                if last is not None or len(day.code) != self._settled.first[1]:  # else they were just settled from it
                    units.check_day(day, self._settled.units)
                last = day.date
                yield day
        if last is None:
            raise self._nothing_left(left)

    def file_span(self, file: str | os.PathLike[str]) -> tuple[str, str]:
        """Return the first and last trading day in a file, under this reader's conventions.

        Parameters
        ----------
        file : str or path
            One file, which need not be among those that are read here. Only its time columns, or its footer, are read.

        Returns
        -------
        tuple of str
            ``("2024-01-02", "2024-01-31")``.

        Raises
        ------
        InputError
            If the file cannot be read, lacks the time column, or holds no rows.
        """
        from factors.data.sources.paths import file_source

        binding = self._settled.binding
        columns = [name for name in (binding.time, binding.date) if name]
        first, last = file_source(os.fspath(file), self._schema.header).span(columns, self._days_of)
        return day_name(first), day_name(last)

    def _times(self, part: TableChunk) -> Times:
        """Read a part's times, or take those that were read to settle the conventions."""
        source, rows, times = self._settled.first
        if (part.source, part.first_row, part.table.num_rows) == (source, 0, rows):
            return times
        times = part_times(part, self._settled.binding)
        if len(times.minutes) and (times.zone is not None) != self._settled.zoned:
            here, there = ("zoned", "naive") if times.zone else ("naive", "zoned")
            raise TimeError(f"{part.source}: the times are {here}, those read before {there}. Bring them to one form.")
        return times

    def _first_codes(self, part: TableChunk, rows: slice | Rows) -> Coded | None:
        """Return code and symbols of a day's rows if they are just those that were read to settle the conventions."""
        source, whole, _ = self._settled.first
        coded, self._coded = self._coded, None
        same = (part.source, part.first_row, part.table.num_rows) == (source, 0, whole)
        return coded if same and isinstance(rows, slice) and rows == slice(0, whole) else None

    def _days_of(self, table: Any, where: str, first_row: int | None) -> Rows:
        """Return the trading day of each row."""
        times = part_times(TableChunk(table, where, first_row), self._settled.binding)
        ticks = MinuteCounts.count(times.minutes, clock_zone(times, self._schema.tz))
        if not len(ticks.at):
            return np.empty(0, np.int64)
        day, _ = end_days(ticks, self.session, self._settled.shift)
        table_of_days = np.zeros(int(ticks.at[-1] - ticks.at[0]) + 1, np.int64)
        table_of_days[ticks.at - ticks.at[0]] = day
        found: Rows = table_of_days[times.minutes - np.int32(ticks.at[0])]
        return found

    def _part(self, part: TableChunk, left: dict[int, int]) -> Iterator[DayRows]:
        """Yield the days of a part, and add the rows left out to `left`."""
        times = self._times(part)
        if not len(times.minutes):
            return
        if self._tables is not None and part.card is None:
            self.report.count("rows read by pyarrow, not into the GPU's memory", part.table.num_rows)
        elif self._tables is not None:
            self.report.found["values"] = f"read into the GPU's memory by {self._tables.name}"
        known = times is self._settled.first[2] and self._settled.ticks.tz == self._settled.tz
        ticks = self._settled.ticks if known else MinuteCounts.count(times.minutes, self._settled.tz)
        if not self._settled.label_given:
            check_label(ticks, self.session, self._settled.label, part.source)
        placed = map_to_grid(ticks, self.session, self._settled.shift)
        slots = times.minutes - np.int32(placed.first)
        half = [day for day, of_day in placed.sessions.items() if of_day is not self.session]
        few = [day for day in half if not self._many(part, np.flatnonzero(placed.day[slots] == day))]
        if few:
            placed = map_to_grid(ticks, self.session, self._settled.shift, few)
        for kind in (OUTSIDE, WEEKEND):
            if placed.rows[kind] and not self._drop:
                raise self._stray(part, placed, slots, kind, better_session(ticks, self.session, self._settled.label))
        self._notes.add(placed, few)
        self._notes.write(self.report)
        for rule, kind in _LEFT_OUT.items():
            self.report.count(rule, placed.rows[kind])
            left[kind] = left.get(kind, 0) + placed.rows[kind]
        self.report.count("half days", len(half) - len(few))
        part = self._with_codes(part, len(placed.sessions))
        for day, rows in by_day(placed, slots):
            kept = slots[rows]
            if sum(placed.rows.values()) or day in placed.early:
                numbers = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
                inside = placed.minute[kept] >= 0
                if day in placed.early:
                    traded = self._early(part, numbers, placed.clock[kept])
                    self.report.count("extended hours", int(traded.sum()))
                    inside &= ~traded
                if not inside.all():
                    rows, kept = numbers[inside], kept[inside]
            if len(kept):
                yield self._day(part, placed, day, rows, kept)

    def _codes(self, part: TableChunk, rows: Rows) -> npt.NDArray[np.int32]:
        """Return a number for each row's symbol."""
        name = self._settled.binding.symbol
        if name is None:
            return np.zeros(len(rows), np.int32)
        column = take(part.table.column(name), rows)
        return read_symbols(column, ColumnRef(name, part.source, part.first_row), self._settled.digits, rows)[0]

    def _many(self, part: TableChunk, rows: Rows) -> bool:
        """Return whether a day has stocks enough to tell a half day from a halt."""
        return len(np.unique(self._codes(part, rows))) >= HALF_DAY_STOCKS

    def _early(self, part: TableChunk, rows: Rows, clock: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Return which of a day's rows end at the opening of a stock that traded before it: they are no auction."""
        assert self.session.opening is not None
        first, last = self.session.opening
        near = np.flatnonzero(clock <= last)
        codes = self._codes(part, rows[near])
        found = np.zeros(len(rows), bool)
        found[near] = (clock[near] >= first) & np.isin(codes, codes[clock[near] < first])
        return found

    def _nothing_left(self, left: Mapping[int, int]) -> InputError:
        """Build the error for an input of which no row has a place."""
        counts = {rule: left[kind] for rule, kind in _LEFT_OUT.items() if left.get(kind)}
        total = sum(counts.values())
        if not total:
            return InputError(f"{self._source.where}: no rows.")
        if len(counts) > 1:
            each = ", ".join(f"{number:,} {rule}" for rule, number in counts.items())
            what = f"none of {total:,} rows is left: {each.replace('extended', 'in extended')} ({self.session})"
        else:
            what = f"all {total:,} rows {lie_outside(self.session, _LEFT_OUT[next(iter(counts))])}"
        return InputError(f"{self._source.where}: {what}. Pass session=, tz= or label= (now {self._settled.label!r}).")

    def _stray(self, part: TableChunk, placed: GridMap, slots: Slots, kind: int, fits: str) -> TimeError:
        """Build the error for rows without a place, naming the first."""
        row = int(np.argmax(placed.minute[slots] == kind))
        name = self._settled.binding.symbol
        symbol = self._schema.symbol if name is None else part.table.column(name)[row].as_py()
        number = "" if part.first_row is None else f", row {part.first_row + row:,}"
        first = f"{symbol} {placed.when(int(slots[row]), self._settled.shift)}{number}"
        error = stray_error(self.session, self._settled.label, kind, placed.rows[kind], len(slots), first, fits)
        return TimeError(f"{part.source}: {error}")

    def _with_codes(self, part: TableChunk, days: int) -> TableChunk:
        """Encode the symbols of several days at once: picking codes is cheaper than picking text."""
        import pyarrow as pa

        name = self._settled.binding.symbol
        if days == 1 or name is None or pa.types.is_dictionary(part.table.schema.field(name).type):
            return part
        column = part.table.column(name).dictionary_encode()
        return replace(part, table=part.table.set_column(part.table.schema.get_field_index(name), name, column))

    def _day(self, part: TableChunk, placed: GridMap, day: int, rows: slice | Rows, slots: Slots) -> DayRows:
        settled, binding = self._settled, self._settled.binding
        start = rows.start if isinstance(rows, slice) else 0
        first = None if part.first_row is None else part.first_row + start
        numbers = None if isinstance(rows, slice) else rows

        def column(name: str) -> tuple[Any, ColumnRef, Rows | None]:
            return take(part.table.column(name), rows), ColumnRef(name, part.source, first), numbers

        if binding.symbol is None:
            code, symbols = np.zeros(len(slots), np.int32), np.array([self._schema.symbol], dtype=object)
        else:
            found = self._first_codes(part, rows)
            code, symbols = found or read_symbols(*column(binding.symbol)[:2], settled.digits, numbers)
            self._spellings.add(symbols.tolist(), f"{part.source}: {day_name(day)}")
        pieces: dict[str, list[npt.NDArray[Any]]] = {}
        of_volume = settled.units.of_symbols(symbols)
        there = {f: binding.fields[f] for f in self.fields if part.card and binding.fields[f] in part.card.names}
        for name in (name for name in self.fields if name not in there):
            values, at, numbers_of = column(binding.fields[name])
            pieces[name] = read_pieces(values, at, numbers_of)
        units_of = dict.fromkeys(PRICES, settled.price) | {"volume": of_volume, "amount": settled.units.amount}
        fields = Columns(pieces, units_of, code)
        if part.card and there:
            fields = CardColumns(part.card.take(rows), there, pieces, units_of, code)
        minute, role = place_minutes(slots, 0, placed.minute, placed.role)
        return DayRows(
            np.datetime64(day, "D"), symbols, code, minute, role, Lookup(placed.clock, slots), fields,
            placed.sessions[day], part.source,
        )  # fmt: skip
