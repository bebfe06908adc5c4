"""Units of volume and amount, told from the values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.conventions.boards import BOARDS, boards_of
from factors.data.conventions.schema import Schema

AMOUNTS = (1.0, 100.0, 1e3, 1e4)
"""Units of amount that are told from the ratio."""

TELLING = ("high", "low", "close", "volume", "amount")
"""Fields that the units are told from."""
NEAR = 0.03
"""How far a ratio may be from that of a known unit, as a share of it."""
ENOUGH = 20
"""Traded bars from which on a median tells something."""


@dataclass(frozen=True)
class Units:
    """Factors that turn the input's volume and amount into shares and currency.

    Parameters
    ----------
    volume, amount : float
        Shares, and currency, per unit of the input.
    boards : dict of str to float
        Shares per unit of volume for boards of their own unit.
    found : str
        How the unit was settled.
    ratio : float
        Median of amount / (volume x price) after conversion; NaN without amounts.
    notes : tuple of str
        What is worth a look.
    """

    volume: float = 1.0
    amount: float = 1.0
    boards: Mapping[str, float] = field(default_factory=dict)
    found: str = ""
    ratio: float = float("nan")
    notes: tuple[str, ...] = ()

    def of_symbols(self, symbols: Iterable[str]) -> Floats | float:
        """Return the volume unit of each symbol, or the one number where all have the same."""
        if not self.boards:
            return self.volume
        return np.array([self.boards.get(name, self.volume) for name in boards_of(tuple(symbols))])


def ratios(fields: Mapping[str, Floats]) -> Floats:
    """Return amount / (volume x typical price) of each row, NaN where nothing traded."""
    price = sum((fields[name] for name in ("high", "low", "close") if name in fields), np.zeros(len(fields["close"])))
    price = price / sum(name in fields for name in ("high", "low", "close"))
    with np.errstate(all="ignore"):
        ratio = fields["amount"] / (fields["volume"] * price)
    good = (fields["volume"] > 0) & (fields["amount"] > 0) & (price > 0) & np.isfinite(ratio)
    return np.where(good, ratio, np.nan)


def detect_units(
    fields: Mapping[str, Floats],
    code: npt.NDArray[np.int32],
    schema: Schema,
    boards: Sequence[str] = (),
) -> Units:
    """Tell the units from a sample of rows.

    Parameters
    ----------
    fields : dict of str to float64 arrays, shape (rows,)
        The sample's fields, those that the input has.
    code : int32 array, shape (rows,)
        Each row's index into the distinct symbols.
    schema : Schema
        Units that are given.
    boards : sequence of str, optional
        Board of each symbol, where they are those of mainland exchanges, whose boards may count differently.
    """
    volume = None if schema.volume_unit == "auto" else float(schema.volume_unit)
    amount = None if schema.amount_unit == "auto" else float(schema.amount_unit)
    ratio = ratios(fields) if {"volume", "amount"} <= set(fields) else np.empty(0)
    known = ratio[~np.isnan(ratio)]
    if "volume" not in fields:
        return Units(volume or 1.0, amount or 1.0, found="no volume")
    if "amount" not in fields:
        return Units(volume or 1.0, found="given" if volume else "no amount, no guess")
    if len(known) < ENOUGH:
        return Units(volume or 1.0, amount or 1.0, found="given" if volume else "too few traded bars, no guess")
    middle = float(np.median(known))
    explained = _split(middle, volume, amount)
    if explained is None:
        return _unexplained(middle, volume, amount)
    unit, money = explained
    by_board: dict[str, float] = {}
    if volume is None:
        by_board = _units_by_board(ratio, code, boards, unit, money)
    notes = _notes(unit, money, volume, amount)
    notes += [f"volume of {name} is in units of {own:g}, of the others in {unit:g}." for name, own in by_board.items()]
    how = "given" if volume else f"amount / (volume x price) is {middle:.4g}"
    return Units(unit, money, by_board, how, middle * money / unit, tuple(notes))


def _notes(unit: float, money: float, volume: float | None, amount: float | None) -> list[str]:
    """Return what is worth a note of the units of volume and amount, beside those that were given."""
    rules = (
        (unit != 1 and volume is None, f"volume is in lots of {unit:g}: multiplied by {unit:g}."),
        (money != 1 and amount is None, f"amount is in units of {money:g}: multiplied by {money:g}."),
        (money == 100 and volume is None, "If volume is in lots and amount in ten thousands, pass volume_unit=100."),
    )
    return [note for applies, note in rules if applies]


def _unexplained(middle: float, volume: float | None, amount: float | None) -> Units:
    """Return the units where no known ones explain the ratio, with a note."""
    unit, money = volume or 1.0, amount or 1.0
    note = (
        f"amount / (volume x price) is {middle:.3g}, no known unit: prices may be adjusted, or a multiplier "
        "applies, and factors that compare amount with price are off. Pass volume_unit= if the volume is not in "
        "shares."
    )
    if volume and (alone := _split(middle, None, amount)):
        note = (
            f"volume_unit={volume:g} is given, though amount / (volume x price) is {middle:.3g}, as of volume in "
            f"units of {alone[0]:g}."
        )
    how = "given" if volume else "no known unit, taken as shares"
    return Units(unit, money, found=how, ratio=middle * money / unit, notes=(note,))


def _units_by_board(
    ratio: Floats, code: npt.NDArray[np.int32], boards: Sequence[str], unit: float, money: float
) -> dict[str, float]:
    """Return shares per unit of volume of the boards that count in another unit than the others."""
    found: dict[str, float] = {}
    for name in (board for board in BOARDS if board in boards):
        part = ratio[np.array([name == other for other in boards])[code] & ~np.isnan(ratio)]
        own = float(np.median(part)) * money if len(part) >= ENOUGH else unit
        if abs(own / unit - 1) > NEAR and (near := nearest(own, (1.0, 10.0, 100.0))):
            found[name] = near
    return found


def _split(ratio: float, unit: float | None, money: float | None) -> tuple[float, float] | None:
    """Return the units of volume and amount that explain a ratio; what is given stays."""
    if unit is not None and money is not None:
        return unit, money
    if money is not None:
        found = nearest(ratio * money, (1.0, 100.0))
        return found and (found, money)  # type: ignore[return-value]
    if unit is not None:
        found = nearest(unit / ratio, AMOUNTS)
        return found and (unit, found)  # type: ignore[return-value]
    for volume, amount in ((1.0, 1.0), (100.0, 1.0), (1.0, 1e2), (1.0, 1e3), (1.0, 1e4), (100.0, 1e3)):
        if abs(ratio * amount / volume - 1) <= NEAR:
            return volume, amount
    return None


def nearest(value: float, known: Sequence[float]) -> float | None:
    """Return the known number that a value is near to."""
    return next((k for k in known if abs(value / k - 1) <= NEAR), None)


def confirms_turnover(fields: Mapping[str, Floats], schema: Schema) -> bool:
    """Return whether a column called turnover holds amounts: whether it agrees with volume times price."""
    if not {"volume", "amount", "close"} <= set(fields):
        return False
    known = ratios(fields)
    known = known[~np.isnan(known)]
    given = None if schema.volume_unit == "auto" else float(schema.volume_unit)
    return len(known) >= ENOUGH and _split(float(np.median(known)), given, None) is not None
