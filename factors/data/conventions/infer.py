"""The conventions of an input, settled once: what is given stands, the rest is read from its first rows.

1. A column of clock times is joined with its date column.
2. The minutes of all rows (of up to five files) tell the session and the label side.
3. The values of a sample tell the units, whether a turnover is an amount, and whether prices are scaled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.common.fields import FIELDS, PRICES
from factors.common.scaling import in_units
from factors.common.threads import cores, each
from factors.data.calendar.session import Session
from factors.data.calendar.zones import DAY
from factors.data.conventions import session_detection as detect
from factors.data.conventions import units
from factors.data.conventions.boards import boards_of
from factors.data.conventions.column_names import ColumnMap
from factors.data.conventions.label import detect_label, label_error
from factors.data.conventions.schema import Schema
from factors.data.conventions.session_detection import MinuteCounts
from factors.data.conventions.unit_checks import check_scale
from factors.data.conventions.units import Units
from factors.data.parsing.columns import ColumnRef, sample_rows, take
from factors.data.parsing.datetime_text import Times, is_clock
from factors.data.parsing.datetimes import read_date_and_clock, read_times
from factors.data.parsing.securities import digits_of
from factors.data.parsing.symbols import read_symbols
from factors.data.parsing.values import read_floats
from factors.data.rows import InputReport
from factors.data.sources.frames import Source, TableChunk
from factors.errors import InputError, TimeError

SAMPLE = 40_000
"""Rows whose values are looked at."""


@dataclass(frozen=True)
class Coded:
    """The symbols of some rows.

    Parameters
    ----------
    code : int32 array
        Each row's index into the symbols.
    symbols : object array
        Distinct symbols, sorted.
    digits : sequence of str, optional
        Those of each symbol, of mainland exchanges.
    """

    code: npt.NDArray[np.int32]
    symbols: npt.NDArray[np.object_]
    digits: Sequence[str] | None = None


@dataclass(frozen=True)
class Sample:
    """What was read of the rows that the conventions were told from; they need not be read twice.

    Parameters
    ----------
    rows : object
        What these rows are known by: `TableChunk.rows`.
    times : Times
        Their times.
    counts : MinuteCounts
        Their minutes, counted.
    coded : Coded or None
        Their symbols, where they are rows of one day.
    """

    rows: object
    times: Times
    counts: MinuteCounts
    coded: Coded | None


@dataclass(frozen=True)
class Conventions:
    """Conventions of an input.

    Parameters
    ----------
    columns : ColumnMap
        Columns in use.
    session : Session
        Session of a whole day.
    label : str
        ``"right"`` or ``"left"``.
    label_given : bool
        Whether the label was declared.
    zoned : bool
        Whether the times carry a zone.
    tz : str or None
        Zone of the clock that the minutes are on; None for the exchange's own.
    units : Units
        Units of volume and amount.
    price : float
        Factor of the prices.
    """

    columns: ColumnMap
    session: Session
    label: str
    label_given: bool
    zoned: bool
    tz: str | None
    units: Units
    price: float

    @property
    def shift(self) -> int:
        """Minutes from a bar's name to its end."""
        return int(self.label == "left")

    @property
    def digits(self) -> bool:
        """Whether integer symbols have six digits."""
        return self.session.name.startswith("XSHG")


def part_times(part: TableChunk, columns: ColumnMap) -> Times:
    """Read the times of a part."""
    at = ColumnRef(columns.time, part.source, part.first_row)
    clock = part.table.column(columns.time)
    if columns.date is None:
        return read_times(clock, at)
    return read_date_and_clock(
        part.table.column(columns.date), clock, ColumnRef(columns.date, part.source, part.first_row), at
    )  # fmt: skip


def infer_conventions(
    source: Source, columns: ColumnMap, schema: Schema, fields: Sequence[str], report: InputReport
) -> tuple[Conventions, Sample]:
    """Tell an input's conventions, and write them into the report; what was read for it comes with them.

    Raises
    ------
    FactorsError
        If the input is empty, or a convention cannot be told; the message names the argument that settles it.
    """
    looked_at = [name for name in FIELDS if name in columns.fields and name in (*fields, *units.TELLING)]
    needed = [name for name in (columns.time, columns.date, columns.symbol) if name]
    wanted = list(dict.fromkeys([*needed, *(columns.fields[name] for name in looked_at)]))
    counts: MinuteCounts | None = None
    first: tuple[TableChunk, Times, MinuteCounts] | None = None
    error: TimeError | None = None
    for part in source.samples(wanted, needed):
        if first is None and columns.date is not None and not is_clock(part.table.column(columns.time)):
            columns = replace(columns, date=None)
        times = part_times(part, columns)
        if not len(times.minutes):
            continue
        given = times.zone is None and schema.tz is not None
        new = MinuteCounts.count(times.minutes, clock_zone(times, schema.tz), given)
        if first is None:
            first = (part, times, replace(new, naive=False))
            drawn = _DrawnRows(part, columns)
        counts = counts.join(new) if counts else new
        try:
            session, by_session, label, by_label = _clock(counts, drawn.symbols, schema)
            break
        except TimeError as problem:
            error = TimeError(f"{part.source}: {problem}")
    else:
        raise error or InputError(f"{source.where}: no rows.")
    assert first is not None
    part, times, own_counts = first
    mainland = session.name.startswith("XSHG")
    coded = _coded(part, columns, session, own_counts)  # the values are still on their way
    boards = boards_of(drawn.symbols) if mainland else ()
    values = drawn.values([name for name in looked_at if name in units.TELLING])  # which may have come only now
    columns = _turnover(columns, values, schema, report)
    values = {name: column for name, column in values.items() if name in columns.fields}
    if schema.price_scale is None:
        check_scale(values["close"], source.where)
    scale = float(schema.price_scale or 1)
    values = {name: in_units(column, scale) if name in PRICES else column for name, column in values.items()}
    found = Conventions(
        columns, session, label, schema.label != "auto", times.zone is not None, counts.tz,
        units.detect_units(values, drawn.code, schema, boards), scale,
    )  # fmt: skip
    _write(report, found, times, schema, by_session, by_label)
    return found, Sample(part.rows, times, own_counts, coded)


def _coded(part: TableChunk, columns: ColumnMap, session: Session, counts: MinuteCounts) -> Coded | None:
    """Return the symbols of a part's rows, if they are those of one day and nothing is amiss with them."""
    if columns.symbol is None or len(np.unique(counts.local(session.tz) // DAY)) > 1:
        return None
    mainland = session.name.startswith("XSHG")
    try:
        code, symbols = read_symbols(
            part.column(columns.symbol), ColumnRef(columns.symbol, part.source, part.first_row), mainland
        )
    except InputError:
        return None  # which may be about rows that are left out
    return Coded(code, symbols, digits_of(tuple(symbols)) if mainland else None)


def clock_zone(times: Times, given: str | None) -> str | None:
    """Return the zone of the clock that the minutes are on."""
    if times.zone is None or (given and times.how.startswith("epoch")):
        return given
    return "UTC"


def _clock(counts: MinuteCounts, symbols: Sequence[str], schema: Schema) -> tuple[Session, str, str, str]:
    """Return session and label, and how each was settled."""
    detect.check_step(counts)
    if isinstance(schema.session, Session):
        session, by_session = schema.session, _given(schema)
        hint = detect.zone_hint(counts, session, schema.label)
        if hint:
            raise TimeError(f"{session}: {detect.named_minutes(counts, session, schema.label)}; {hint}")
    else:
        session, by_session = detect.detect_session(counts, symbols, schema.label)
    if schema.label != "auto":
        return session, by_session, schema.label, _given(schema)
    found = detect_label(counts, session)
    if found is None:
        raise label_error(counts, session)
    return session, by_session, *found


def _given(schema: Schema) -> str:
    return f"schema {schema.preset}" if schema.preset else "given"


class _DrawnRows:
    """Rows drawn from all over a part: their distinct symbols, each row's index into them, and their values."""

    def __init__(self, part: TableChunk, columns: ColumnMap) -> None:
        self._part, self._columns = part, columns
        rows = self._rows = sample_rows(part.table.num_rows, SAMPLE)
        self.symbols: tuple[str, ...] = ()
        self.code = np.zeros(len(rows), np.int32)
        if columns.symbol is not None:
            self.code, symbols = read_symbols(*self._column(columns.symbol), False, rows)
            self.symbols = tuple(symbols)

    def values(self, fields: Sequence[str]) -> dict[str, Floats]:
        """Return the values of some fields."""
        values = each(lambda name: read_floats(*self._column(self._columns.fields[name]), self._rows), fields, cores())
        return dict(zip(fields, values, strict=True))

    def _column(self, name: str) -> tuple[Any, ColumnRef]:
        return take(self._part.column(name), self._rows), ColumnRef(name, self._part.source, self._part.first_row)


def _turnover(columns: ColumnMap, values: dict[str, Floats], schema: Schema, report: InputReport) -> ColumnMap:
    """Keep a column called turnover as the amount only if the values agree."""
    if not columns.doubtful or units.confirms_turnover(values, schema):
        return columns
    report.notes.append(
        f"column {columns.fields['amount']!r} is not read as amount: it does not agree with volume x price. If it is "
        f"one, pass schema={{'amount': {columns.fields['amount']!r}}}."
    )
    return replace(columns, fields={k: v for k, v in columns.fields.items() if k != "amount"})


def _write(
    report: InputReport, found: Conventions, times: Times, schema: Schema, by_session: str, by_label: str
) -> None:
    columns = found.columns
    report.columns = {"time": f"{columns.date} + {columns.time}" if columns.date else columns.time, **columns.fields}
    if columns.symbol is not None:
        report.columns["symbol"] = columns.symbol
    report.label, report.session, report.volume_unit = found.label, found.session.name, found.units.volume
    report.tz = times.zone if found.tz == "UTC" and schema.tz is None else found.tz
    if found.zoned and found.tz == "UTC":
        by_tz = "epoch counts from 1970 in UTC" if times.how.startswith("epoch") else "carried by the column"
        if schema.tz is not None:
            report.notes.append(f"tz={schema.tz!r} is not used: the times carry their own zone.")
            report.tz = times.zone
    else:
        by_tz = _given(schema) if schema.tz else f"naive times are those of {found.session.tz}"
    report.found = {
        "label": by_label, "session": by_session, "tz": by_tz, "time": times.how, "volume_unit": found.units.found
    }  # fmt: skip
    report.notes += found.units.notes
    if schema.label != "auto" or schema.session != "auto":
        counts = MinuteCounts.count(times.minutes, found.tz)
        other = detect.better_session(counts, found.session, found.label)
        if other:
            report.notes.append(f"session={found.session.name!r} is given, though the bars fit {other}.")
        seen = detect_label(counts, found.session)
        if seen and seen[0] != found.label:
            report.notes.append(f"label={found.label!r} is given, though the bars look {seen[0]}-labelled: {seen[1]}.")
