"""The factors once more, in NumPy, SciPy and pandas: what the loops are held to.

A module per theme, named as in `factors.library`, holds ``REFERENCE``: the factor's name -> a function of a `D`, one
expression each, in the idiom that neither loop nor definition uses. It may hold ``LOCKED`` too: the names of its
factors that are not NaN on a day at one price (tests/specification/test_laws.py). SciPy and statsmodels are
imported inside the functions, by `library`, which skips where they are not installed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

Floats = npt.NDArray[np.float64]
PRICES = ("open", "high", "low", "close")


class D:
    """One stock's day as plain arrays from its first bar on, filled by NumPy.

    Attributes
    ----------
    o, h, l, c, v, a, k : array, shape (n,)
        Filled open, high, low, close, volume, amount, trades.
    r, lr, b : array, shape (n,)
        Returns (the first from the own open), log returns (the first NaN), close/open - 1.
    t : array, shape (n,)
        Grid minutes t0..T.
    traded : array of bool, shape (n,)
        Delivered bars with volume.
    T, n, t0 : int
        Minutes of the session, of the day from its first bar on, and that bar's minute, counted from 1.
    lunch : int or None
        Last minute before the break.
    """

    o: Floats
    h: Floats
    l: Floats  # noqa: E741
    c: Floats
    v: Floats
    a: Floats
    k: Floats
    r: Floats
    b: Floats

    def __init__(self, bars: Mapping[str, Sequence[float] | Floats], minutes: int, lunch: int | None) -> None:
        raw = {name: np.asarray(series, dtype=float) for name, series in bars.items()}
        there = raw["close"] > 0
        traded = there & (raw["volume"] > 0) if "volume" in raw else there
        there = traded if traded.any() else there  # beside traded bars those without volume are as if absent
        start = int(np.argmax(there))
        carried = raw["close"][np.maximum.accumulate(np.where(there, np.arange(minutes), start))]
        filled = {
            name: (
                np.where(there, np.where(x > 0, x, np.nan), carried)
                if name in PRICES
                else np.where(there, np.nan_to_num(x), 0.0)
            )[start:]
            for name, x in raw.items()
        }
        for name, short in zip((*PRICES, "volume", "amount", "trades"), "ohlcvak", strict=True):
            setattr(self, short, filled.get(name))
        self.T, self.n, self.t0, self.lunch = minutes, minutes - start, start + 1, lunch
        self.t = np.arange(self.t0, minutes + 1, dtype=float)
        self.traded = there[start:] & (self.v > 0) if self.v is not None else there[start:]
        self.lr = np.append(np.nan, np.log(self.c[1:] / self.c[:-1]))
        if self.o is not None:
            self.r = self.c / np.append(self.o[0], self.c[:-1]) - 1
            self.b = self.c / self.o - 1

    def where(self, mask: npt.NDArray[np.bool_], x: Floats) -> Floats:
        """The values under a mask that exist."""
        return x[mask & ~np.isnan(x)]


Reference = Callable[[D], float]


def library(name: str) -> ModuleType:
    """Import SciPy's or statsmodels' module, or skip the test."""
    return pytest.importorskip(name, reason=f"{name.partition('.')[0]} is not installed")  # type: ignore[no-any-return]


def there(x: Floats) -> Floats:
    """The values that exist."""
    return x[~np.isnan(x)]


def constant(x: Floats, within: float = 1e-9) -> bool:
    """Whether all values are equal but for rounding, or there is none."""
    return len(x) == 0 or bool(np.ptp(x) <= within * np.abs(x).max())


def settled(x: Floats, within: float = 1e-6) -> Floats:
    """The values, all that exist the first of them where they are equal but for the rounding of a tick."""
    y = there(x)
    return np.where(np.isnan(x), x, y[0]) if len(y) and constant(y, within) else x


def var(x: Floats) -> float:
    """Population variance of the values that exist."""
    x = there(x)
    return math.nan if len(x) == 0 else 0.0 if constant(x) else float(np.var(x - x[0]))


def std(x: Floats) -> float:
    """Population standard deviation of the values that exist."""
    return math.sqrt(var(x))


def skew(x: Floats) -> float:
    """SciPy's skewness of the values that exist."""
    x = there(x)
    return math.nan if constant(x) else float(library("scipy.stats").skew(x - x[0]))


def kurt(x: Floats) -> float:
    """SciPy's kurtosis (normal: 3) of the values that exist."""
    x = there(x)
    return math.nan if constant(x) else float(library("scipy.stats").kurtosis(x - x[0], fisher=False))


def joint(*series: Floats) -> list[Floats]:
    """The series where all of them exist."""
    both = ~np.any([np.isnan(x) for x in series], axis=0)
    return [x[both] for x in series]


def corr(x: Floats, y: Floats) -> float:
    """Correlation where both exist; NaN if one is constant there."""
    x, y = joint(x, y)
    return math.nan if constant(x) or constant(y) else float(np.corrcoef(x - x[0], y - y[0])[0, 1])


def top(key: Floats, k: int) -> npt.NDArray[np.int64]:
    """Places of the k largest keys in the order of time; equal ones go to the earlier, missing ones are left out."""
    order = np.argsort(-key, kind="stable")
    return np.sort(order[~np.isnan(key[order])][:k])


def roll(x: Floats, n: int) -> npt.NDArray[np.float64]:
    """All windows of n minutes, shape (len - n + 1, n)."""
    return np.lib.stride_tricks.sliding_window_view(x, n)


def groups(x: Floats, key: Floats) -> Any:
    """pandas' groups of x by the values of a key, rising."""
    import pandas as pd

    return pd.Series(x).groupby(key)


def random_bars(seed: int, holes: float = 0.15, minutes: int = 240) -> dict[str, Floats]:
    """A day of bars with missing minutes, a late start and some bars without volume."""
    rng = np.random.default_rng(seed)
    close = np.round(20 * np.exp(np.cumsum(rng.normal(0, 0.001, minutes))), 2)
    opens = np.round(close * (1 + rng.normal(0, 0.0005, minutes)), 2)
    volume = 100.0 * rng.integers(0, 30, minutes)
    trades = np.ceil(volume / 400)
    fields = {
        "open": opens,
        "high": np.maximum(opens, close) + 0.01,
        "low": np.minimum(opens, close) - 0.01,
        "close": close,
        "volume": volume,
        "amount": volume * close,
        "trades": trades,
    }
    gone = rng.random(minutes) < holes
    gone[: seed % 7] = True
    return {name: np.where(gone, np.nan, series) for name, series in fields.items()}


def torn_bars(seed: int, minutes: int = 240) -> dict[str, Floats]:
    """The same with single values missing or 0 inside delivered bars."""
    rng = np.random.default_rng(1000 + seed)
    bars = random_bars(seed, minutes=minutes)
    return {
        name: np.where(rng.random(minutes) < 0.03, rng.choice([np.nan, 0.0], minutes), series)
        for name, series in bars.items()
    }
