"""How minute bars are to be read, as the caller says it: checked once, handed on as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from factors.data.blocks.scatter import check_duplicates
from factors.data.calendar.session import Session
from factors.data.calendar.zones import zone
from factors.data.conventions.schema import Schema, as_schema
from factors.errors import ArgumentError, choice


@dataclass(frozen=True)
class ReadOptions:
    """Options of reading; everything left out is detected, or an error where it matters.

    Parameters
    ----------
    session : str or Session
        Trading session; ``"auto"`` finds XSHG, XHKG, XNYS or 24H from the clock.
    schema : str, mapping or Schema
        ``"auto"``, the name of a preset, columns by role such as ``{"close": "px"}``, or a `Schema`.
    label : str
        ``"right"`` (or ``"end"``), ``"left"`` (or ``"start"``), or ``"auto"``.
    tz : str or None
        Zone of naive times (or of epochs that count local time); None: the exchange's own.
    volume_unit : float or str
        Shares per unit of volume, or ``"auto"``.
    outside : {"error", "drop"}
        Rows that belong to no minute of the session: an error, or left out and counted.
    duplicates : {"error", "first", "last"}
        What to do with different bars for one symbol and minute.

    Attributes
    ----------
    declared : Schema
        What these options say about the input, the schema's part and the others' together.

    Raises
    ------
    ArgumentError
        If an option is outside its choices.
    """

    session: str | Session = "auto"
    schema: str | Mapping[str, str] | Schema = "auto"
    label: str = "auto"
    tz: str | None = None
    volume_unit: float | str = "auto"
    outside: str = "error"
    duplicates: str = "error"
    declared: Schema = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.outside not in ("error", "drop"):
            raise choice("outside", self.outside, ("error", "drop"))
        declared = as_schema(
            self.schema, session=self.session, label=self.label, tz=self.tz, volume_unit=self.volume_unit
        )
        if declared.tz is not None:
            if not isinstance(declared.tz, str):
                raise ArgumentError(f"tz={declared.tz!r} must be the name of a time zone, such as 'UTC', or None.")
            zone(declared.tz)
        check_duplicates(self.duplicates)
        object.__setattr__(self, "declared", declared)

    def as_arguments(self) -> dict[str, Any]:
        """Return the options as they were given, as keyword arguments of `factors.compute`."""
        return {name: getattr(self, name) for name in OPTIONS}

    def changed(self) -> dict[str, Any]:
        """Return the options that are not left out."""
        given = self.as_arguments().items()
        return {name: value for name, value in given if value is not None and value not in ("auto", "error")}


OPTIONS = ("session", "schema", "label", "tz", "volume_unit", "outside", "duplicates")
"""Names of the options, as the public functions have them."""
DETECT = ReadOptions()
"""Options that leave everything to be detected."""
