"""From minute bars in any container to the rows of one day after another.

1. The source says which columns there are; names map them to time, symbol and fields.
2. Conventions are told once (`infer_conventions`) and written into the report.
3. The source yields parts of whole days; a table says where each minute of a part belongs (`map_to_grid`).
4. A part is cut into days, without a copy where a day's rows stand together, and only the fields asked for are
   converted (`DayBuilder`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from factors.backends import Backend
from factors.backends.cudf import CudfReader
from factors.common.fields import FIELDS
from factors.data.calendar.session import OUTSIDE
from factors.data.conventions import units
from factors.data.conventions.column_names import map_columns, role_of
from factors.data.conventions.infer import Conventions, Sample, clock_zone, infer_conventions, part_times
from factors.data.conventions.label import check_label
from factors.data.conventions.read_options import DETECT, ReadOptions
from factors.data.conventions.session_detection import MinuteCounts, better_session
from factors.data.conventions.unit_checks import check_cumulative, check_day
from factors.data.parsing.datetime_text import Times
from factors.data.reader.day_notes import DayNotes
from factors.data.reader.day_rows import DayBuilder, Rows, Slots
from factors.data.reader.grid import WEEKEND, GridMap, by_day, day_name, end_days, map_to_grid
from factors.data.reader.half_days import has_stocks_enough
from factors.data.reader.premarket import premarket_rows
from factors.data.reader.strays import LEFT_OUT, nothing_left, stray_error
from factors.data.rows import DayRows, InputReport
from factors.data.sources.files import FileSource
from factors.data.sources.frames import Source, TableChunk
from factors.data.sources.open_source import open_source
from factors.errors import InputError, TimeError, choice


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
    columns = map_columns(
        source.names, declared, where=source.where, time_index=source.time_index, symbol_index=source.symbol_index
    )  # fmt: skip
    wanted = [name for name in FIELDS if name in columns.fields and (fields is None or name in (*fields, "close"))]
    report = InputReport()
    if isinstance(source, FileSource):
        source.prepare(list(columns.fields.values()))
        late = [name for name in source.later if role_of(name) in FIELDS and role_of(name) not in columns.fields]
        report.notes += [f"column {name!r} is in later files only and is not read." for name in late]
    read = [name for name in FIELDS if name in columns.fields and name in (*wanted, *units.TELLING)]
    tables = None
    if on is not None:
        tables = source.use_device(on.tables, [columns.fields[name] for name in read])
    conventions, sample = infer_conventions(source, columns, declared, wanted, report)
    wanted = [name for name in wanted if name in conventions.columns.fields]
    return BarReader(source, conventions, sample, wanted, options, report, tables)


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
        self, source: Source, conventions: Conventions, sample: Sample, fields: Sequence[str], options: ReadOptions,
        report: InputReport, tables: CudfReader | None = None,
    ) -> None:  # fmt: skip
        self.report = report
        self.kind = source.kind
        self.available = tuple(name for name in FIELDS if name in conventions.columns.fields)
        self.fields = tuple(fields)
        self.session = conventions.session
        self.on = None if tables is None else tables.card
        self._tables = tables
        self._source, self._conventions, self._schema = source, conventions, options.declared
        self._sample: Sample | None = sample
        self._drop = options.outside == "drop"
        self._builder = DayBuilder(conventions, options.declared.symbol)
        self._notes = DayNotes(conventions.session, conventions.shift)

    def add_pre_close(self) -> bool:
        """Load the previous close too, where the input has it; return whether it has."""
        has = "pre_close" in self._conventions.columns.fields
        if has and "pre_close" not in self.fields:
            self.fields = (*self.fields, "pre_close")
        return has

    def days(self) -> Iterator[DayRows]:
        """Yield the rows of each day, in date order.

        Raises
        ------
        FactorsError
            If rows cannot be read or placed; the message names file, column and row.
        """
        names = self._conventions.columns
        columns = [
            *self._time_columns,
            *([names.symbol] if names.symbol else []),
            *(names.fields[f] for f in self.fields),
        ]
        last = None
        left: dict[int, int] = {}
        for part in self._source.parts(list(dict.fromkeys(columns)), self._time_columns, self._days_of):
            sample = self._take_sample(part)
            for day in self._part(part, sample, left):
                if last is None:
                    check_cumulative(day)
                elif day.date <= last:
                    raise InputError(f"{day.source}: rows of {day.date} come after those of {last}.")
                if sample is None or len(day.code) != len(sample.times.minutes):  # else they were just told from it
                    check_day(day, self._conventions.units)
                last = day.date
                yield day
        if last is None:
            raise nothing_left(self._source.where, self.session, self._conventions.label, left)

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

        first, last = file_source(os.fspath(file), self._schema.header).span(self._time_columns, self._days_of)
        return day_name(first), day_name(last)

    @property
    def _time_columns(self) -> list[str]:
        columns = self._conventions.columns
        return [name for name in (columns.time, columns.date) if name]

    def _take_sample(self, part: TableChunk) -> Sample | None:
        """Return what was read of a part's rows already, once."""
        if self._sample is None or part.rows is not self._sample.rows:
            return None
        sample, self._sample = self._sample, None
        return sample

    def _times(self, part: TableChunk) -> Times:
        """Read a part's times."""
        times = part_times(part, self._conventions.columns)
        if len(times.minutes) and (times.zone is not None) != self._conventions.zoned:
            here, before = ("zoned", "naive") if times.zone else ("naive", "zoned")
            raise TimeError(f"{part.source}: the times are {here}, those read before {before}. Bring them to one form.")
        return times

    def _days_of(self, table: Any, where: str, first_row: int | None) -> Rows:
        """Return the trading day of each row."""
        times = part_times(TableChunk(table, where, first_row), self._conventions.columns)
        counts = MinuteCounts.count(times.minutes, clock_zone(times, self._schema.tz))
        if not len(counts.at):
            return np.empty(0, np.int64)
        day, _ = end_days(counts, self.session, self._conventions.shift)
        table_of_days = np.zeros(int(counts.at[-1] - counts.at[0]) + 1, np.int64)
        table_of_days[counts.at - counts.at[0]] = day
        days: Rows = table_of_days[times.minutes - np.int32(counts.at[0])]
        return days

    def _part(self, part: TableChunk, sample: Sample | None, left: dict[int, int]) -> Iterator[DayRows]:
        """Yield the days of a part, and add the rows left out to `left`."""
        times = sample.times if sample else self._times(part)
        if not len(times.minutes):
            return
        if self._tables is not None and part.card is None:
            self.report.count("rows read by pyarrow, not into the GPU's memory", part.table.num_rows)
        elif self._tables is not None:
            self.report.found["values"] = f"read into the GPU's memory by {self._tables.name}"
        counts = sample.counts if sample else MinuteCounts.count(times.minutes, self._conventions.tz)
        grid, slots = self._grid(part, counts, times)
        for kind in LEFT_OUT.values():
            left[kind] = left.get(kind, 0) + grid.rows[kind]
        part = self._builder.encoded(part, len(grid.sessions))
        for day, rows in by_day(grid, slots):
            of_day = slots[rows]
            if sum(grid.rows.values()) or day in grid.premarket_days:
                rows, of_day = self._inside(part, grid, day, rows, of_day)
            if len(of_day):
                every = isinstance(rows, slice) and rows == slice(0, len(times.minutes))
                coded = sample.coded if sample and every else None
                yield self._builder.build(part, grid, day, rows, of_day, self.fields, coded)

    def _grid(self, part: TableChunk, counts: MinuteCounts, times: Times) -> tuple[GridMap, Slots]:
        """Return where a part's minutes belong, and the entry of each row there; write what is found into the report.

        Raises
        ------
        TimeError
            If the part is named by the other side, or rows have no place and are not to be left out.
        """
        label, shift = self._conventions.label, self._conventions.shift
        if not self._conventions.label_given:
            check_label(counts, self.session, label, part.source)
        grid = map_to_grid(counts, self.session, shift)
        slots = times.minutes - np.int32(grid.first)
        codes = partial(self._builder.codes, part)
        half = [day for day, session in grid.sessions.items() if session is not self.session]
        few = [day for day in half if not has_stocks_enough(codes, np.flatnonzero(grid.day[slots] == day))]
        if few:
            grid = map_to_grid(counts, self.session, shift, few)
        for kind in (OUTSIDE, WEEKEND):
            if grid.rows[kind] and not self._drop:
                raise self._stray(part, grid, slots, kind, better_session(counts, self.session, label))
        self._notes.add(grid, few)
        self._notes.write(self.report)
        for rule, kind in LEFT_OUT.items():
            self.report.count(rule, grid.rows[kind])
        self.report.count("half days", len(half) - len(few))
        return grid, slots

    def _inside(
        self, part: TableChunk, grid: GridMap, day: int, rows: slice | Rows, slots: Slots
    ) -> tuple[slice | Rows, Slots]:
        """Return the rows of a day that have a place in the session, and the entry of each in the grid map."""
        numbers = np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows
        inside = grid.minute[slots] >= 0
        if day in grid.premarket_days:
            early = premarket_rows(self.session, grid.clock[slots], numbers, partial(self._builder.codes, part))
            self.report.count("extended hours", int(early.sum()))
            inside &= ~early
        return (rows, slots) if inside.all() else (numbers[inside], slots[inside])

    def _stray(self, part: TableChunk, grid: GridMap, slots: Slots, kind: int, fits: str) -> TimeError:
        """Build the error for rows without a place, naming the first."""
        row = int(np.argmax(grid.minute[slots] == kind))
        name, label = self._conventions.columns.symbol, self._conventions.label
        symbol = self._schema.symbol if name is None else part.table.column(name)[row].as_py()
        number = "" if part.first_row is None else f", row {part.first_row + row:,}"
        first = f"{symbol} {grid.when(int(slots[row]), self._conventions.shift)}{number}"
        return stray_error(part.source, self.session, label, kind, grid.rows[kind], len(slots), first, fits)
