"""What later days are held to: prices that are no scaled integers, units that stay, volume that is not cumulative."""

from __future__ import annotations

import numpy as np

from factors.common.arrays import Floats
from factors.data.conventions.units import ENOUGH, NEAR, TELLING, Units, nearest, ratios
from factors.data.parsing.columns import sample_rows
from factors.data.rows import DayRows
from factors.errors import InputError

LOOKED_AT = 10_000
"""Rows of a day whose units are looked at."""
SYMBOLS = 60
"""Symbols that are looked at for cumulative volume."""


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


def check_day(day: DayRows, units: Units) -> None:
    """Raise where a day counts volume or amount in another unit than the first days did."""
    if not {"volume", "amount", "close"} <= set(day.fields) or not abs(units.ratio - 1) <= NEAR:
        return
    rows = sample_rows(len(day.code), LOOKED_AT)
    known = ratios({name: day.fields.pick(name, rows) for name in TELLING if name in day.fields})
    known = known[~np.isnan(known)]
    if len(known) < ENOUGH:
        return
    middle = float(np.median(known))
    jump = nearest(middle, (1e-4, 1e-3, 1e-2, 1e2, 1e3, 1e4))
    if jump:
        raise InputError(
            f"{day.source}: on {day.date} amount / (volume x price) is {middle:.4g}, on earlier days 1: the unit of "
            f"volume or amount changes by {jump:g}. Read the days of each unit apart, with volume_unit=."
        )


def check_cumulative(day: DayRows) -> None:
    """Raise if volume only ever rises through the day, for nearly all symbols."""
    if "volume" not in day.fields:
        return
    rows = np.flatnonzero(day.code < SYMBOLS)
    volume = day.fields.pick("volume", rows)
    key = day.code[rows].astype(np.int64) * 2**16 + day.minute[rows]
    order = np.arange(len(rows)) if (key[1:] >= key[:-1]).all() else np.argsort(key, kind="stable")
    order = order[np.isfinite(volume[order])]
    code, step = day.code[rows[order]], np.diff(volume[order])
    same = code[1:] == code[:-1]
    falls = np.bincount(code[1:][same & (step < 0)], minlength=SYMBOLS)
    rises = np.bincount(code[1:][same & (step > 0)], minlength=SYMBOLS)
    told = (falls + rises) >= ENOUGH
    if told.any() and (falls[told] == 0).mean() >= 0.9:
        raise InputError(
            f"{day.source}: on {day.date} volume never falls from one minute to the next, so it looks cumulative. "
            "Take the differences within each symbol and day first."
        )
