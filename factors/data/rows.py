"""What a reader hands to the cube: the rows of one day, normalised, still long."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.common.fields import FIELDS
from factors.common.scaling import in_units
from factors.data.calendar.session import Session
from factors.errors import InputWarning

Mask = npt.NDArray[np.bool_]

IMPOSSIBLE = (" <= 0", " < 0", " infinite", "without a close", "different")
"""Endings of the quality rules that speak of values no market makes."""
RARE = 0.01
"""Share of the rows up to which they are only counted."""
CROSSED, CLOSE_OUTSIDE = "high < low", "close outside [low, high]"
"""Quality rules of bars that contradict themselves, which are told however few they are."""


class Columns(Mapping[str, Floats]):
    """Fields as a source holds them, in pieces and of any number type; each becomes float64 when it is asked for.

    Parameters
    ----------
    pieces : dict of str to list of numpy.ndarray
        The rows of each field, one array after the other.
    units : dict of str to float or float64 array, shape (symbols,)
        What each field is multiplied by, one number or one per symbol; 1 where a field is not named.
    code : int32 array, shape (rows,)
        Each row's symbol, where a unit depends on it.
    """

    def __init__(
        self,
        pieces: Mapping[str, Sequence[npt.NDArray[Any]]],
        units: Mapping[str, float | Floats] | None = None,
        code: npt.NDArray[np.int32] | None = None,
    ) -> None:
        self.pieces = pieces
        self.units = dict(units or {})
        self._code = code
        self._floats: dict[str, Floats] = {}

    def __getitem__(self, name: str) -> Floats:
        """Return all rows of a field."""
        if name not in self._floats:
            pieces = self.pieces[name]
            whole = pieces[0] if len(pieces) == 1 else _joined(pieces)
            self._floats[name] = self._in_units(name, whole, slice(None))
        return self._floats[name]

    def __contains__(self, name: object) -> bool:
        return name in self.pieces  # without making it

    def __iter__(self) -> Iterator[str]:
        return iter(self.pieces)

    def __len__(self) -> int:
        return len(self.pieces)

    def pick(self, name: str, rows: npt.NDArray[Any]) -> Floats:
        """Return some rows of a field, given in rising order."""
        pieces = self.pieces[name]
        starts = np.cumsum([0, *map(len, pieces)])
        cuts = np.searchsorted(rows, starts).tolist()
        held = zip(pieces, starts, pairwise(cuts), strict=False)
        parts = [piece[rows[a:b] - start] for piece, start, (a, b) in held if b > a]
        return self._in_units(name, _joined(parts), rows)

    def _in_units(self, name: str, values: npt.NDArray[Any], rows: Any) -> Floats:
        unit = self.units.get(name, 1.0)
        if not isinstance(unit, np.ndarray):
            return in_units(values, unit)
        assert self._code is not None
        floats: Floats = values.astype(np.float64, copy=False) * unit[self._code[rows]]
        return floats


def _joined(pieces: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Return the rows of some pieces, as float64 unless all are of one type."""
    one_type = len({piece.dtype for piece in pieces}) == 1
    return np.concatenate(pieces if one_type else [np.empty(0), *pieces])


class Lookup:
    """An array that is looked up in a table when some of it is wanted: ``table[index]`` of the rows asked for."""

    def __init__(self, table: npt.NDArray[Any], index: npt.NDArray[Any]) -> None:
        self._table, self._index = table, index

    def __getitem__(self, rows: Any) -> Any:
        return self._table[self._index[rows]]

    def __len__(self) -> int:
        return len(self._index)


@dataclass(frozen=True)
class DayRows:
    """Long rows of one trading day, placed on the session's grid.

    Parameters
    ----------
    date : numpy.datetime64
        The day, unit D, local to the exchange.
    symbols : numpy.ndarray of object
        Distinct symbols (str), sorted.
    code : numpy.ndarray of int32, shape (rows,)
        Index into `symbols`.
    minute : numpy.ndarray of int16, shape (rows,)
        Grid minute 0..T-1.
    role : numpy.ndarray of int8, shape (rows,)
        `session.BEFORE`, `OWN` or `AFTER`.
    clock : Lookup or numpy.ndarray of int32, shape (rows,)
        Clock minute at which the bar ends, minutes since midnight.
    fields : Columns
        Values as delivered (NaN where missing), shape (rows,); a plain dict of arrays is taken too.
    session : Session
        The day's session (a half day has its own).
    source : str
        Where the rows came from, for messages.
    """

    date: np.datetime64
    symbols: npt.NDArray[np.object_]
    code: npt.NDArray[np.int32]
    minute: npt.NDArray[np.int16]
    role: npt.NDArray[np.int8]
    clock: Lookup | npt.NDArray[np.int32]
    fields: Columns
    session: Session
    source: str

    def __post_init__(self) -> None:
        """Take plain arrays as columns of one piece."""
        if not isinstance(self.fields, Columns):
            object.__setattr__(self, "fields", Columns({name: [values] for name, values in self.fields.items()}))

    @property
    def names(self) -> tuple[str, ...]:
        """Fields in storage order."""
        return tuple(name for name in FIELDS if name in self.fields)


@dataclass
class InputReport:
    """What the reader found out about the input, and what it had to mend.

    Parameters
    ----------
    columns : dict of str to str
        Input column used for each of ``time``, ``symbol`` and the fields.
    label : str
        ``"right"`` (a bar is named by its end) or ``"left"``.
    tz : str or None
        Time zone of the input's times; None for naive exchange-local times.
    session : str
        Name of the session.
    volume_unit : float
        Shares per unit of the input's volume.
    found : dict of str to str
        How each of label, tz, session, volume_unit was settled: ``"given"``, or what it was read from.
    quality : dict of str to int
        Number of rows, bars or stock-days by rule (``"outside session"``, ``"price <= 0"`` ...).
    notes : list of str
        Sentences worth a look; `warn` shows them.
    rows : int
        Rows placed so far.
    first : dict of str to str
        The first bar, by rule, of those that contradict themselves.
    """

    columns: dict[str, str] = field(default_factory=dict)
    label: str = ""
    tz: str | None = None
    session: str = ""
    volume_unit: float = 1.0
    found: dict[str, str] = field(default_factory=dict)
    quality: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    rows: int = 0
    first: dict[str, str] = field(default_factory=dict)

    def count(self, rule: str, number: int) -> None:
        """Add to a quality rule's count; nothing is recorded for zero."""
        if number:
            self.quality[rule] = self.quality.get(rule, 0) + int(number)

    def merge(self, counts: InputReport) -> None:
        """Add the rows and rules that another report has counted."""
        self.rows += counts.rows
        for rule, number in counts.quality.items():
            self.count(rule, number)
        for rule, bar in counts.first.items():
            self.first.setdefault(rule, bar)

    def warn(self, stacklevel: int = 3) -> None:
        """Warn of each note, at the caller so many calls up, and of impossible values where they are many."""
        for rule, number in self.quality.items():
            if rule.endswith(IMPOSSIBLE) and number > RARE * self.rows:
                self.notes.append(f"{number:,} of {self.rows:,} rows: {rule}")
        for rule, bar in self.first.items():
            what = f"{rule} (first {bar}): their high and low are missing"
            self.notes.append(f"{self.quality[rule]:,} of {self.rows:,} rows: {what}")
        for note in self.notes:
            warnings.warn(note, InputWarning, stacklevel=stacklevel)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, fit for JSON."""
        return {
            "columns": dict(self.columns), "label": self.label, "tz": self.tz, "session": self.session,
            "volume_unit": self.volume_unit, "found": dict(self.found), "quality": dict(self.quality),
            "notes": list(self.notes),
        }  # fmt: skip


def contradictions(values: Mapping[str, Floats]) -> tuple[Mask, Mask]:
    """Return the rows whose high is below the low, and of the others those whose close is outside; nothing is infinite.

    A close may be outside by a tick, 0.01, as vendors round; a tick of prices below a half is 2 % of them. Prices are
    whole ticks, so what is outside by a tick and a half is so by two; and a float32 may be a millionth off.
    """
    close = values["close"]
    high, low = (values.get(name, np.full(1, np.nan)) for name in ("high", "low"))
    crossed = np.broadcast_to(high < low, close.shape)
    limit = np.maximum(np.minimum(0.015, 0.03 * close), 1e-6 * close)
    return crossed, ((close - high > limit) | (low - close > limit)) & ~crossed


def report_contradictions(day: DayRows, crossed: int, outside: int, report: InputReport) -> None:
    """Count the rows of a day whose prices contradict themselves, and name the first of each kind."""
    if not crossed and not outside:
        return
    report.count(CROSSED, crossed)
    report.count(CLOSE_OUTSIDE, outside)
    every = np.arange(len(day.code))
    values = {name: day.fields.pick(name, every) for name in ("high", "low", "close") if name in day.fields}
    values = {name: np.where((x > 0) & (x < np.inf), x, np.nan) for name, x in values.items()}
    for rule, rows in zip((CROSSED, CLOSE_OUTSIDE), contradictions(values), strict=True):
        if rows.any():
            row = int(np.argmax(rows))
            clock = int(day.clock[row])
            symbol = day.symbols[day.code[row]]
            report.first.setdefault(rule, f"{symbol} {day.date} {clock // 60:02d}:{clock % 60:02d}")
