"""What a reader hands to the cube: the rows of one day, normalised, still long."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from factors.data.session import Session
from factors.errors import InputWarning

Floats = npt.NDArray[np.float64]

IMPOSSIBLE = (" <= 0", " < 0", " infinite", "high < low", "without a close", "different")
"""Endings of the quality rules that speak of values no market makes."""
RARE = 0.01
"""Share of the rows up to which they are only counted."""

FIELDS = ("open", "high", "low", "close", "volume", "amount", "trades")
"""Fields of a minute bar, in storage order. Prices and amount in currency, volume in shares, trades as a count."""


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
    clock : numpy.ndarray of int32, shape (rows,)
        Clock minute at which the bar ends, minutes since midnight.
    fields : dict of str to float64 arrays, shape (rows,)
        Values as delivered (NaN where missing).
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
    clock: npt.NDArray[np.int32]
    fields: dict[str, Floats]
    session: Session
    source: str


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

    def count(self, rule: str, number: int) -> None:
        """Add to a quality rule's count; nothing is recorded for zero."""
        if number:
            self.quality[rule] = self.quality.get(rule, 0) + int(number)

    def warn(self) -> None:
        """Show each note as a warning, and impossible values where they are more than a few."""
        for rule, number in self.quality.items():
            if rule.endswith(IMPOSSIBLE) and number > RARE * self.rows:
                self.notes.append(f"{number:,} of {self.rows:,} rows: {rule}")
        for note in self.notes:
            warnings.warn(note, InputWarning, stacklevel=3)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, fit for JSON."""
        return {
            "columns": dict(self.columns), "label": self.label, "tz": self.tz, "session": self.session,
            "volume_unit": self.volume_unit, "found": dict(self.found), "quality": dict(self.quality),
            "notes": list(self.notes),
        }  # fmt: skip
