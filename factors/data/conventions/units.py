"""What the values tell: units of volume and amount, scaled prices, cumulative volume."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from factors.common.arrays import Floats
from factors.data.conventions.schema import Schema
from factors.data.parsing.columns import sample_rows
from factors.data.rows import DayRows
from factors.errors import InputError

AMOUNTS = (1.0, 100.0, 1e3, 1e4)
"""Units of amount that are told from the ratio."""

_BOARDS = {
    "STAR market": re.compile(r"68[89]\d{3}"),
    "Beijing": re.compile(r"(4|8|92)\d{4,5}"),
    "bonds": re.compile(r"1[12]\d{4}"),
}
TELLING = ("high", "low", "close", "volume", "amount")
"""Fields that the units are told from."""
_NEAR = 0.03
_ENOUGH = 20
LOOKED_AT = 10_000
"""Rows of a day whose units are looked at."""
SOME = 60
"""Symbols that are looked at for cumulative volume."""


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


@lru_cache(maxsize=20_000)
def board(symbol: str) -> str:
    """Return the mainland board that trades in units of its own, else ``""``."""
    digits = re.search(r"\d{6}", symbol)
    return next((name for name, form in _BOARDS.items() if digits and form.fullmatch(digits[0])), "")


@lru_cache(maxsize=2)
def boards_of(symbols: tuple[str, ...]) -> list[str]:
    """Return the board of each symbol."""
    digits = re.findall(r"^[^\d\n]*(\d{6})", "\n".join(symbols), re.MULTILINE)
    if len(digits) != len(symbols):
        return [board(symbol) for symbol in symbols]
    of_start = {start: board(f"{start}000") for start in {number[:3] for number in digits}}  # three digits tell it
    return [of_start[number[:3]] for number in digits]


def ratios(fields: Mapping[str, Floats]) -> Floats:
    """Return amount / (volume x typical price) of each row, NaN where nothing traded."""
    price = sum((fields[name] for name in ("high", "low", "close") if name in fields), np.zeros(len(fields["close"])))
    price = price / sum(name in fields for name in ("high", "low", "close"))
    with np.errstate(all="ignore"):
        ratio = fields["amount"] / (fields["volume"] * price)
    good = (fields["volume"] > 0) & (fields["amount"] > 0) & (price > 0) & np.isfinite(ratio)
    return np.where(good, ratio, np.nan)


def detect_units(
    fields: Mapping[str, Floats], symbols: tuple[str, ...], code: npt.NDArray[np.int32], schema: Schema, boards: bool
) -> Units:
    """Settle the units from a sample of rows.

    Parameters
    ----------
    fields : dict of str to float64 arrays, shape (rows,)
        The sample's fields, those that the input has.
    symbols : tuple of str
        Distinct symbols.
    code : int32 array, shape (rows,)
        Each row's index into them.
    schema : Schema
        Units that are given.
    boards : bool
        Whether the symbols are those of mainland exchanges, whose boards may count differently.
    """
    given = None if schema.volume_unit == "auto" else float(schema.volume_unit)
    amount_given = None if schema.amount_unit == "auto" else float(schema.amount_unit)
    if "volume" not in fields:
        return Units(given or 1.0, amount_given or 1.0, found="no volume")
    if "amount" not in fields:
        return Units(given or 1.0, found="given" if given else "no amount, no guess")
    ratio = ratios(fields)
    known = ratio[~np.isnan(ratio)]
    if len(known) < _ENOUGH:
        return Units(given or 1.0, amount_given or 1.0, found="given" if given else "too few traded bars, no guess")
    middle = float(np.median(known))
    found = _split(middle, given, amount_given)
    if found is None:
        unit, money = given or 1.0, amount_given or 1.0
        note = (
            f"amount / (volume x price) is {middle:.3g}, no known unit: prices may be adjusted, or a multiplier "
            "applies, and factors that compare amount with price are off. Pass volume_unit= if the volume is not in "
            "shares."
        )
        if given and (alone := _split(middle, None, amount_given)):
            note = (
                f"volume_unit={given:g} is given, though amount / (volume x price) is {middle:.3g}, as of volume in "
                f"units of {alone[0]:g}."
            )
        how = "given" if given else "no known unit, taken as shares"
        return Units(unit, money, found=how, ratio=middle * money / unit, notes=(note,))
    unit, money = found
    notes = []
    if unit != 1 and given is None:
        notes.append(f"volume is in lots of {unit:g}: multiplied by {unit:g}.")
    if money != 1 and amount_given is None:
        notes.append(f"amount is in units of {money:g}: multiplied by {money:g}.")
    if money == 100 and given is None:
        notes.append("If volume is in lots and amount in ten thousands, pass volume_unit=100.")
    own: dict[str, float] = {}
    if boards and given is None:
        names = boards_of(symbols)
        for name in (board for board in _BOARDS if board in names):
            part = ratio[np.array([name == other for other in names])[code] & ~np.isnan(ratio)]
            other = float(np.median(part)) * money if len(part) >= _ENOUGH else unit
            if abs(other / unit - 1) > _NEAR and (near := _nearest(other, (1.0, 10.0, 100.0))):
                own[name] = near
                notes.append(f"volume of {name} is in units of {near:g}, of the others in {unit:g}.")
    how = "given" if given else f"amount / (volume x price) is {middle:.4g}"
    return Units(unit, money, own, how, middle * money / unit, tuple(notes))


def _split(ratio: float, unit: float | None, money: float | None) -> tuple[float, float] | None:
    """Return the units of volume and amount that explain a ratio; what is given stays."""
    if unit is not None and money is not None:
        return unit, money
    if money is not None:
        found = _nearest(ratio * money, (1.0, 100.0))
        return found and (found, money)  # type: ignore[return-value]
    if unit is not None:
        found = _nearest(unit / ratio, AMOUNTS)
        return found and (unit, found)  # type: ignore[return-value]
    for volume, amount in ((1.0, 1.0), (100.0, 1.0), (1.0, 1e2), (1.0, 1e3), (1.0, 1e4), (100.0, 1e3)):
        if abs(ratio * amount / volume - 1) <= _NEAR:
            return volume, amount
    return None


def _nearest(value: float, known: Sequence[float]) -> float | None:
    return next((k for k in known if abs(value / k - 1) <= _NEAR), None)


def confirms_turnover(fields: Mapping[str, Floats], schema: Schema) -> bool:
    """Return whether a column called turnover holds amounts: whether it agrees with volume times price."""
    if not {"volume", "amount", "close"} <= set(fields):
        return False
    known = ratios(fields)
    known = known[~np.isnan(known)]
    given = None if schema.volume_unit == "auto" else float(schema.volume_unit)
    return len(known) >= _ENOUGH and _split(float(np.median(known)), given, None) is not None


def check_scale(close: Floats, where: str) -> None:
    """Raise for prices that look like scaled integers."""
    known = close[np.isfinite(close)]
    middle = float(np.median(known)) if len(known) else 0.0
    if middle > 1e6:
        raise InputError(
            f"{where}: the median close is {middle:.4g}, which looks scaled. Pass "
            "schema=factors.Schema(price_scale=...): 1e-9 for integers in billionths (Databento), 1e-4 for prices "
            "times 10000, 1 to keep them as they are."
        )


def check_day(day: DayRows, settled: Units) -> None:
    """Raise where a day counts volume or amount in another unit than the first days did."""
    if not {"volume", "amount", "close"} <= set(day.fields) or not abs(settled.ratio - 1) <= _NEAR:
        return
    rows = sample_rows(len(day.code), LOOKED_AT)
    known = ratios({name: day.fields.pick(name, rows) for name in TELLING if name in day.fields})
    known = known[~np.isnan(known)]
    if len(known) < _ENOUGH:
        return
    middle = float(np.median(known))
    jump = _nearest(middle, (1e-4, 1e-3, 1e-2, 1e2, 1e3, 1e4))
    if jump:
        raise InputError(
            f"{day.source}: on {day.date} amount / (volume x price) is {middle:.4g}, on earlier days 1: the unit of "
            f"volume or amount changes by {jump:g}. Read the days of each unit apart, with volume_unit=."
        )


def check_cumulative(day: DayRows) -> None:
    """Raise if volume only ever rises through the day, for nearly all symbols."""
    if "volume" not in day.fields:
        return
    rows = np.flatnonzero(day.code < SOME)
    volume = day.fields.pick("volume", rows)
    key = day.code[rows].astype(np.int64) * 2**16 + day.minute[rows]
    order = np.arange(len(rows)) if (key[1:] >= key[:-1]).all() else np.argsort(key, kind="stable")
    order = order[np.isfinite(volume[order])]
    code, step = day.code[rows[order]], np.diff(volume[order])
    same = code[1:] == code[:-1]
    falls = np.bincount(code[1:][same & (step < 0)], minlength=SOME)
    rises = np.bincount(code[1:][same & (step > 0)], minlength=SOME)
    told = (falls + rises) >= _ENOUGH
    if told.any() and (falls[told] == 0).mean() >= 0.9:
        raise InputError(
            f"{day.source}: on {day.date} volume never falls from one minute to the next, so it looks cumulative. "
            "Take the differences within each symbol and day first."
        )
