"""A stock's value is the same to the bit whatever stocks stand beside it, and however many threads work."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

import factors
from factors.catalogue import resolve
from factors.common.fields import PRICES
from tests.support.agreement import UNITS
from tests.support.neighbours import OF_OTHERS

NAMES = [name for name in resolve("all") if name not in OF_OTHERS]


def hostile(bars: pd.DataFrame) -> pd.DataFrame:
    """Make strangers of the stocks: dear, with an outlier, of two prices, growing, thin, at one price, wild, busy."""
    symbol = bars.symbol.to_numpy()
    prices, volume = bars[list(PRICES)].to_numpy(copy=True), bars.volume.to_numpy(float, copy=True)
    thin = np.zeros(len(bars), dtype=bool)
    for i, name in enumerate(sorted(set(symbol))):
        own = np.flatnonzero(symbol == name)
        t = np.arange(len(own))
        match i % 9:
            case 0:
                prices[own] *= 100
            case 1:
                prices[own[len(own) // 2]] *= 10
            case 2:
                prices[own] = np.round(10 + 0.01 * (t % 2), 2)[:, None]
            case 3:
                prices[own] = (10 * 1.001**t)[:, None]
            case 4:
                thin[own] = t % 11 != 0
            case 5:
                prices[own] = 10.0
            case 6:
                prices[own] = (prices[own] - prices[own].min()) * 50 + 0.01
            case 7:
                volume[own] *= 1e6
    made = bars.assign(**dict(zip(PRICES, prices.T, strict=True)), volume=volume, amount=volume * prices[:, 3])
    return made[~thin]


@lru_cache(maxsize=1)
def bars() -> pd.DataFrame:
    return hostile(factors.simulate_bars(stocks=36, days=1, seed=3))


def compute(bars: pd.DataFrame, engine: str, threads: int = 1) -> pd.DataFrame:
    return factors.compute(bars, NAMES, engine=engine, threads=threads, session="XSHG", schema=UNITS)


def moved(ours: pd.DataFrame, theirs: pd.DataFrame) -> list[str]:
    """Return the factors with another bit anywhere."""
    assert ours.index.equals(theirs.index)
    a, b = ours.to_numpy(), theirs.to_numpy()
    same = (a.view(np.uint64) == b.view(np.uint64)) | (np.isnan(a) & np.isnan(b))
    return list(ours.columns[~same.all(axis=0)])


@pytest.mark.parametrize("engine", ["fused", "matrix"])
def test_a_stock_alone_is_as_among_others(engine: str, request: pytest.FixtureRequest) -> None:
    if engine == "fused":
        request.getfixturevalue("needs_compiler")
    whole = compute(bars(), engine, threads=2)
    assert whole.notna().any().mean() > 0.9
    names = sorted(bars().symbol.unique())
    for chosen in ([names[1]], [names[6]], names[::5], names[1::3], names[9:17]):
        part = bars()[bars().symbol.isin(chosen)]
        assert moved(compute(part, engine), whole.loc[(slice(None), chosen), :]) == [], chosen


@pytest.mark.parametrize("engine", ["fused", "matrix"])
def test_the_place_among_the_others_moves_no_bit(engine: str, request: pytest.FixtureRequest) -> None:
    if engine == "fused":
        request.getfixturevalue("needs_compiler")
    names = sorted(bars().symbol.unique())
    turned = dict(zip(names, reversed(names), strict=True))
    found = compute(bars().assign(symbol=bars().symbol.map(turned)), engine)
    found = found.rename(index=turned, level="symbol").sort_index()
    assert moved(found, compute(bars(), engine)) == []
