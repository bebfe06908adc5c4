"""The passes over all stocks of a day in C++ against the same in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import factors
from factors.data.blocks.layout import LANES
from factors.data.cube.days_before import EarlierDays
from factors.engine.cross_section import lookback as past
from factors.engine.cross_section.passes import Stocks
from factors.engine.cross_section.series import DaySeries
from factors.engine.planning.external import ExternalInputs
from factors.engine.planning.market import Market
from factors.library.cross_section.neighbours_shared import usual
from factors.ops import across as over

pytestmark = pytest.mark.usefixtures("needs_compiler")


@st.composite
def days_of_stocks(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Values of some stocks with ties, zeros of both signs and gaps; and which stocks are traded."""
    stocks, minutes = draw(st.integers(1, 60)), draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.normal(size=(stocks, minutes)) * 10.0 ** draw(st.integers(-200, 200))
    x = np.where(rng.random(x.shape) < draw(st.sampled_from([0.0, 0.3, 1.0])), rng.integers(-2, 3, x.shape) * 0.5, x)
    x = np.where(x == 0, rng.choice([0.0, -0.0], x.shape), x)
    x[rng.random(x.shape) < draw(st.sampled_from([0.0, 0.2, 0.95]))] = np.nan
    traded = np.flatnonzero(rng.random(stocks) < 0.8)
    return x, traded


def series_of(x: np.ndarray, traded: np.ndarray) -> DaySeries:
    blocks = -(-len(x) // LANES) + 1
    buffer = np.full((blocks, x.shape[1] + 5, LANES), 7.0)
    part = buffer[:, 2 : 2 + x.shape[1]]
    rows = np.full((blocks * LANES, x.shape[1]), 3.0)  # what is not traded takes no part, whatever it holds
    rows[: len(x)] = x
    part[:] = rows.reshape(blocks, LANES, -1).transpose(0, 2, 1)
    return DaySeries(part, Stocks.of(traded, blocks, 2))


@given(day=days_of_stocks())
def test_passes_over_the_stocks(day: tuple[np.ndarray, np.ndarray]) -> None:
    x, traded = day
    if not len(traded):
        return
    lazy, rows = series_of(x, traded), x[traded]
    np.testing.assert_array_equal(lazy.array(), rows)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(over.rank(lazy).array(), over.rank(rows))
        np.testing.assert_allclose(over.std(lazy), over.std(rows), rtol=1e-12)
        size = np.nanmax(np.abs(rows), axis=0, initial=0.0)
        assert (np.abs(over.mean(lazy) - over.mean(rows)) <= 1e-11 * size).all() or np.isnan(over.mean(rows)).any()
        np.testing.assert_array_equal(np.isnan(over.mean(lazy)), np.isnan(over.mean(rows)))
        weight = np.arange(len(rows))[:, None] - 1.0
        np.testing.assert_array_equal(np.isnan(over.mean(lazy, weight)), np.isnan(over.mean(rows, weight)))


def test_a_mean_by_weights_and_one_that_cancels() -> None:
    rng = np.random.default_rng(0)
    x, traded = rng.lognormal(size=(700, 9)), np.arange(3, 650)
    weight = rng.normal(size=(len(traded), 1))
    lazy = series_of(x, traded)
    np.testing.assert_allclose(over.mean(lazy, weight), over.mean(x[traded], weight), rtol=1e-12)
    np.testing.assert_allclose(over.mean(lazy), over.mean(x[traded]), rtol=1e-12)
    turned = np.concatenate([x, -x])
    assert not over.mean(series_of(turned, np.arange(len(turned)))).any()


@given(
    stocks=st.integers(2, 90),
    minutes=st.integers(2, 40),
    late=st.sampled_from([0.0, 0.2, 1.0]),
    same=st.booleans(),
    seed=st.integers(0, 2**32),
)
def test_the_crowd(stocks: int, minutes: int, late: float, same: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.lognormal(size=(stocks, minutes)) * 1e6 + rng.integers(0, 1000)
    x[rng.random(stocks) < 0.1] = 5.5
    start = np.where(rng.random(stocks) < late, rng.integers(1, minutes + 1, stocks), 0)
    if same:
        start = np.where(start > 0, minutes // 2, 0)  # many that begin together
    x[np.arange(minutes) < start[:, None]] = np.nan
    if stocks > 4:
        x[3, minutes // 2 :] = x[3, minutes - 1]  # constant for those that begin late
    chosen = rng.random((1, minutes)) < 0.7
    traded = np.flatnonzero(rng.random(stocks) < 0.9)
    if len(traded):
        found = over.crowd(series_of(x, traded), chosen)
        np.testing.assert_allclose(found, over.crowd(x[traded], chosen), rtol=1e-9)


@given(
    days=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    q=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    seed=st.integers(0, 2**32),
)
def test_the_quantile_of_days_before(days: list[int], q: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    width = max(days)
    series = rng.integers(-1, rng.choice([2, 5, 1000]), (len(days), 19, width)) * 100.0
    for day, minutes in enumerate(days):
        series[day, rng.random(19) < 0.1] = np.nan
        series[day, :, minutes:] = np.nan
    wide = np.concatenate(list(series), axis=1)
    expected = usual(wide, repr(q), len(days))[:, 0]
    bars = factors.simulate_bars(stocks=19, days=1, kinds={})
    cube = factors.cube(bars, fields=["close", "volume"])
    known = ~np.isnan(series).all(axis=2)
    back = np.where(known, np.arange(len(days), 0, -1)[:, None], 0)
    inputs = ExternalInputs(cube, Market(), earlier=EarlierDays(back, series[:, :, 0], {"volume": series}))
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(past.quantiles(inputs, "volume", q, len(days), 0, 2), expected, rtol=1e-12)
    assert np.isnan(past.quantiles(inputs, "volume", q, len(days) + 1, 0, 2)).all()
