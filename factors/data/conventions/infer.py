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
from factors.common.fields import FIELDS
from factors.common.threads import cores, each
from factors.data.calendar.session import Session
from factors.data.calendar.zones import DAY
from factors.data.conventions import session_detection as detect
from factors.data.conventions import units
from factors.data.conventions.column_names import ColumnMap
from factors.data.conventions.label import detect_label, label_error
from factors.data.conventions.schema import Schema
from factors.data.conventions.session_detection import MinuteCounts
from factors.data.conventions.units import Units
from factors.data.parsing.columns import ColumnRef, sample_rows, take
from factors.data.parsing.datetime_text import Times, is_clock
from factors.data.parsing.datetimes import read_date_and_clock, read_times
from factors.data.parsing.values import digits_of, read_floats, read_symbols
from factors.data.rows import InputReport
from factors.data.sources.frames import Source, TableChunk
from factors.errors import InputError, TimeError

Coded = tuple[npt.NDArray[np.int32], npt.NDArray[np.object_]]

SAMPLE = 40_000
"""Rows whose values are looked at."""


@dataclass(frozen=True)
class Conventions:
    """Conventions of an input.

    Parameters
    ----------
    binding : ColumnMap
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
    first : tuple of str, int, Times
        Source and number of the rows that were read to settle this, and their times.
    coded : tuple of int32 array and object array, or None
        Code of each of these rows, and their symbols, where they are rows of one day.
    ticks : Ticks
        The minutes of these rows, counted.
    """

    binding: ColumnMap
    session: Session
    label: str
    label_given: bool
    zoned: bool
    tz: str | None
    units: Units
    price: float
    first: tuple[str, int, Times]
    coded: Coded | None
    ticks: MinuteCounts

    @property
    def shift(self) -> int:
        """Minutes from a bar's name to its end."""
        return int(self.label == "left")

    @property
    def digits(self) -> bool:
        """Whether integer symbols have six digits."""
        return self.session.name.startswith("XSHG")


def part_times(part: TableChunk, binding: ColumnMap) -> Times:
    """Read the times of a part."""
    at = ColumnRef(binding.time, part.source, part.first_row)
    clock = part.table.column(binding.time)
    if binding.date is None:
        return read_times(clock, at)
    return read_date_and_clock(
        part.table.column(binding.date), clock, ColumnRef(binding.date, part.source, part.first_row), at
    )  # fmt: skip


def infer_conventions(
    source: Source, binding: ColumnMap, schema: Schema, fields: Sequence[str], report: InputReport
) -> Conventions:
    """Settle an input's conventions and write them into the report.

    Raises
    ------
    FactorsError
        If the input is empty, or a convention cannot be told; the message names the argument that settles it.
    """
    looked_at = [name for name in FIELDS if name in binding.fields and name in (*fields, *units.TELLING)]
    told = [name for name in (binding.time, binding.date, binding.symbol) if name]
    columns = [*told, *(binding.fields[name] for name in looked_at)]
    ticks: MinuteCounts | None = None
    first: tuple[str, int, Times] | None = None
    error: TimeError | None = None
    for part in source.samples(list(dict.fromkeys(columns)), told):
        if first is None and binding.date is not None and not is_clock(part.table.column(binding.time)):
            binding = replace(binding, date=None)
        times = part_times(part, binding)
        if not len(times.minutes):
            continue
        given = times.zone is None and schema.tz is not None
        new = MinuteCounts.count(times.minutes, clock_zone(times, schema.tz), given)
        if first is None:
            first = (part.source, len(times.minutes), times)
            looked_through = part
            sample, counted = _Sample(part, binding), replace(new, naive=False)
        ticks = ticks.join(new) if ticks else new
        try:
            session, by_session, label, by_label = _clock(ticks, sample.symbols, schema)
            break
        except TimeError as problem:
            error = TimeError(f"{part.source}: {problem}")
    else:
        raise error or InputError(f"{source.where}: no rows.")
    assert first is not None
    coded = _codes(looked_through, binding, session, counted)  # the values are still on their way
    values = sample.values([name for name in looked_at if name in units.TELLING])  # which may have come only now
    binding = _turnover(binding, values, schema, report)
    values = {name: column for name, column in values.items() if name in binding.fields}
    if schema.price_scale is None:
        units.check_scale(values["close"], source.where)
    settled_units = units.detect_units(values, sample.symbols, sample.code, schema, session.name.startswith("XSHG"))
    found = Conventions(
        binding, session, label, schema.label != "auto", first[2].zone is not None, ticks.tz, settled_units,
        schema.price_scale or 1.0, first, coded, counted,
    )  # fmt: skip
    _write(report, found, schema, by_session, by_label)
    return found


def _codes(part: TableChunk, binding: ColumnMap, session: Session, ticks: MinuteCounts) -> Coded | None:
    """Return the codes of a part's rows, if they are those of one day and nothing is amiss with them."""
    if binding.symbol is None or len(np.unique(ticks.local(session.tz) // DAY)) > 1:
        return None
    mainland = session.name.startswith("XSHG")
    try:
        found = read_symbols(
            part.column(binding.symbol), ColumnRef(binding.symbol, part.source, part.first_row), mainland
        )
    except InputError:
        return None  # which may be about rows that are left out
    if mainland:  # these are asked for again in a moment, and remembered
        units.boards_of(tuple(found[1]))
        digits_of(tuple(found[1]))
    return found


def clock_zone(times: Times, given: str | None) -> str | None:
    """Return the zone of the clock that the minutes are on."""
    if times.zone is None or (given and times.how.startswith("epoch")):
        return given
    return "UTC"


def _clock(ticks: MinuteCounts, symbols: Sequence[str], schema: Schema) -> tuple[Session, str, str, str]:
    """Return session and label, and how each was settled."""
    detect.check_step(ticks)
    if isinstance(schema.session, Session):
        session, by_session = schema.session, _given(schema)
        hint = detect.zone_hint(ticks, session, schema.label)
        if hint:
            raise TimeError(f"{session}: {detect.named_minutes(ticks, session, schema.label)}; {hint}")
    else:
        session, by_session = detect.detect_session(ticks, symbols, schema.label)
    if schema.label != "auto":
        return session, by_session, schema.label, _given(schema)
    found = detect_label(ticks, session)
    if found is None:
        raise label_error(ticks, session)
    return session, by_session, *found


def _given(schema: Schema) -> str:
    return f"schema {schema.preset}" if schema.preset else "given"


class _Sample:
    """Rows drawn from all over a part: their distinct symbols, each row's index into them, and their values."""

    def __init__(self, part: TableChunk, binding: ColumnMap) -> None:
        self._part, self._binding = part, binding
        rows = self._rows = sample_rows(part.table.num_rows, SAMPLE)
        self.symbols: tuple[str, ...] = ()
        self.code = np.zeros(len(rows), np.int32)
        if binding.symbol is not None:
            self.code, symbols = read_symbols(*self._column(binding.symbol), False, rows)
            self.symbols = tuple(symbols)

    def values(self, fields: Sequence[str]) -> dict[str, Floats]:
        """Return the values of some fields."""
        found = each(lambda name: read_floats(*self._column(self._binding.fields[name]), self._rows), fields, cores())
        return dict(zip(fields, found, strict=True))

    def _column(self, name: str) -> tuple[Any, ColumnRef]:
        return take(self._part.column(name), self._rows), ColumnRef(name, self._part.source, self._part.first_row)


def _turnover(binding: ColumnMap, values: dict[str, Floats], schema: Schema, report: InputReport) -> ColumnMap:
    """Keep a column called turnover as the amount only if the values agree."""
    if not binding.doubtful or units.confirms_turnover(values, schema):
        return binding
    report.notes.append(
        f"column {binding.fields['amount']!r} is not read as amount: it does not agree with volume x price. If it is "
        f"one, pass schema={{'amount': {binding.fields['amount']!r}}}."
    )
    return replace(binding, fields={k: v for k, v in binding.fields.items() if k != "amount"})


def _write(report: InputReport, found: Conventions, schema: Schema, by_session: str, by_label: str) -> None:
    binding, times = found.binding, found.first[2]
    report.columns = {"time": f"{binding.date} + {binding.time}" if binding.date else binding.time, **binding.fields}
    if binding.symbol is not None:
        report.columns["symbol"] = binding.symbol
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
        ticks = MinuteCounts.count(times.minutes, found.tz)
        other = detect.better_session(ticks, found.session, found.label)
        if other:
            report.notes.append(f"session={found.session.name!r} is given, though the bars fit {other}.")
        seen = detect_label(ticks, found.session)
        if seen and seen[0] != found.label:
            report.notes.append(f"label={found.label!r} is given, though the bars look {seen[0]}-labelled: {seen[1]}.")
