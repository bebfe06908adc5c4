"""The loops against numpy on random days, and the rules that hold before a formula is asked."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from factors.catalogue import resolve
from factors.definitions.decorators import Factor
from factors.errors import InputError, UnknownFactorError
from factors.loops import LOOPS, StockDay, loop_compute
from factors.loops import loop as declare
from tests.golden.stock_days.tools import CORE
from tests.independent.tools import random_bars
from tests.support.agreement import scale_of

Floats = npt.NDArray[np.float64]
T, LUNCH = 240, 120


def filled(bars: dict[str, Floats]) -> dict[str, Floats]:
    """The same day from its first traded bar on, filled with numpy."""
    there = bars["volume"] > 0
    start = int(np.argmax(there))
    last = np.maximum.accumulate(np.where(there, np.arange(T), -1))
    carried = bars["close"][last]
    out = {name: np.where(there, series, carried) for name, series in bars.items()}
    for name in ("volume", "amount", "trades"):
        out[name] = np.where(there, bars[name], 0.0)
    return {name: series[start:] for name, series in out.items()}


def corr(x: Floats, y: Floats) -> float:
    return float(np.corrcoef(x, y)[0, 1])


def by_numpy(bars: dict[str, Floats]) -> dict[str, float]:
    f = filled(bars)
    c, v, a, k = f["close"], f["volume"], f["amount"], f["trades"]
    r = c / np.concatenate([f["open"][:1], c[:-1]]) - 1
    d = r - r.mean()
    last = r[-30:] - r[-30:].mean()
    (traded,) = np.nonzero(v > 0)
    s = traded[np.argsort(-v[traded], kind="stable")[: len(traded) // 3]]
    (counted,) = np.nonzero(k > 0)
    o = counted[np.argsort(-(a[counted] / k[counted]), kind="stable")[: 3 * len(counted) // 10]]
    lagged = s[s > 0]
    w = v[v > 0] / v.sum()
    return {
        "return_intraday": float(np.prod(1 + r)) - 1,
        "return_var": float(np.var(r)),
        "return_skewness": float(np.mean(d**3) / np.var(r) ** 1.5),
        "return_kurtosis": float(np.mean(d**4) / np.var(r) ** 2),
        "return_upward_var": float(np.var(r[r > 0])),
        "return_downward_var": float(np.var(r[r < 0])),
        "return_skewness_last_30min": float(np.mean(last**3) / np.mean(last**2) ** 1.5),
        "intraday_maxdrawdown": float(np.max(1 - c / np.maximum.accumulate(c))),
        "trend_ratio": float((c[-1] - c[0]) / np.abs(np.diff(c)).sum()),
        "volume_share_std": float(np.std(v / v.sum())),
        "volume_entropy": float(-(w * np.log(w)).sum() / math.log(T)),
        "amount_autocorr": corr(a[1:], a[:-1]),
        "amount_out_order_avg_ratio": float(a[r < 0].sum() / k[r < 0].sum() / (a.sum() / k.sum())),
        "cum_return_top30_order": float(np.prod(1 + r[o])) - 1,
        "netinflow_top30_order": float((np.sign(r[o]) * a[o]).sum() / a.sum()),
        "return_kurtosis_top33_volume": float(np.mean((r[s] - r[s].mean()) ** 4) / np.var(r[s]) ** 2),
        "VP": corr(c, v),
        "VP_top33_volume": corr(c[s], v[s]),
        "VP_last_30min": corr(c[-30:], v[-30:]),
        "VR": corr(r, v),
        "VR_1min_lag": corr(r[:-1], v[1:]),
        "VR_1min_lead": corr(r[1:], v[:-1]),
        "VR_1min_lag_top33_volume": corr(r[lagged - 1], v[lagged]),
        "corr_volume_item": corr(v, k),
        "corr_volume_amplitude": corr(v, (f["high"] - f["low"]) / f["open"]),
        "corr_ret_lastret": corr(r[1:], r[:-1]),
        "corr_close_nextopen": corr(c[:-1], f["open"][1:]),
        "amihud_mean": float(1e8 * np.mean(np.abs(r[a > 0]) / a[a > 0])),
    }


def day(bars: dict[str, Floats], **changed: Any) -> StockDay:
    return StockDay({name: series.tolist() for name, series in bars.items()} | changed, T, LUNCH)


def same(got: dict[str, float], want: dict[str, float]) -> None:
    for name, value in want.items():
        both_nan = math.isnan(got[name]) and math.isnan(value)
        assert both_nan or math.isclose(got[name], value, rel_tol=1e-9, abs_tol=1e-12), (name, got[name], value)


def test_every_core_factor_has_a_loop() -> None:
    assert set(CORE) <= set(LOOPS)
    assert len(set(CORE)) == 50
    for name, loop in LOOPS.items():
        assert loop.name == name
        assert loop.body.__doc__


@pytest.mark.parametrize("seed", range(6))
def test_loops_equal_numpy(seed: int) -> None:
    bars = random_bars(seed)
    want = by_numpy(bars)
    same(loop_compute(day(bars), want), want)


@pytest.mark.parametrize("seed", range(3))
def test_identities(seed: int) -> None:
    f = loop_compute(day(random_bars(seed, holes=0.0)))
    am_pm = (1 + f["return_am"]) * (1 + f["return_pm"]) - 1
    assert math.isclose(am_pm, f["return_intraday"], rel_tol=1e-12)
    assert math.isclose(f["return_upward_var_ratio"] + f["return_downward_var_ratio"], 1.0)
    asym = f["return_upward_var_ratio"] - f["return_downward_var_ratio"]
    assert math.isclose(asym, f["return_updown_asym"], abs_tol=1e-14)


@pytest.mark.parametrize("seed", range(3))
def test_a_flat_bar_without_volume_is_no_bar(seed: int) -> None:
    bars = random_bars(seed)
    full = filled(bars)
    flat = {name: np.concatenate([bars[name][: T - len(full["close"])], full[name]]) for name in bars}
    assert np.isnan(bars["close"]).sum() > np.isnan(flat["close"]).sum()
    same(loop_compute(day(flat)), loop_compute(day(bars)))


def test_price_and_amount_scale() -> None:
    bars = random_bars(1)
    scaled = {name: s * (8.0 if name not in ("volume", "trades") else 1.0) for name, s in bars.items()}
    by = {name: scale_of(one, 8, 1) for name, one in resolve("all").items()}
    want = {name: value * by[name] for name, value in loop_compute(day(bars)).items() if by[name] is not None}
    found = loop_compute(day(scaled))
    same({name: found[name] for name in want}, want)


LENGTHS = (30, 60, 80, T)


def of_length(minutes: int) -> dict[str, float]:
    """The loops on a day of so many minutes."""
    bars = random_bars(2, minutes=minutes)
    return loop_compute(StockDay({name: series.tolist() for name, series in bars.items()}, minutes, minutes // 2))


@pytest.mark.parametrize("minutes", LENGTHS)
def test_elements_of_another_library(minutes: int) -> None:
    """On the device that refuses more; such elements are slow, so a longer day has only what shorter ones lack."""
    xp = pytest.importorskip("array_api_strict", reason="array-api-strict is not installed (extra 'test')")
    shorter = [of_length(few) for few in LENGTHS if few < minutes]
    want = {n: v for n, v in of_length(minutes).items() if all(math.isnan(one[n]) for one in shorter)}
    bars = random_bars(2, minutes=minutes)
    arrays = {name: xp.asarray(series, device=xp.Device("device1")) for name, series in bars.items()}
    got = loop_compute(StockDay(arrays, minutes, minutes // 2), list(want))
    assert sum(not math.isnan(value) for value in want.values()) > 5
    assert all(type(value) is float for value in got.values())
    same(got, want)


@pytest.mark.parametrize("price", [10.07, 1.08, 1.17, 1.42])
def test_one_price_has_no_moments(price: float) -> None:
    """The mean of 240 equal floats may be another float; a residue would make a correlation of noise."""
    got = loop_compute(StockDay({"open": [price] * T, "close": [price] * T, "volume": [1.0, 7.0] * 120}, T, LUNCH))
    assert got["return_var"] == 0 == got["return_var_top33_volume"]
    for name in ("return_skewness", "return_kurtosis", "VP", "VR", "VP_top33_volume", "corr_close_nextopen"):
        assert math.isnan(got[name]), name


@lru_cache(maxsize=1)
def whole_day() -> dict[str, float]:
    """The loops on the third random day."""
    return loop_compute(day(random_bars(3)))


@pytest.mark.parametrize("field", ["open", "high", "low", "close", "volume", "amount", "trades"])
def test_an_absent_field_silences_the_factors_that_read_it(field: str) -> None:
    bars = random_bars(3)
    want = whole_day()
    short = {name: series for name, series in bars.items() if name != field}
    got = loop_compute(day(short))
    for name, loop in LOOPS.items():
        if field in loop.inputs:
            assert math.isnan(got[name]), name
        elif field not in ("volume", "close"):  # these two also say which bars count
            same({name: got[name]}, {name: want[name]})


def test_filling() -> None:
    nan = math.nan
    one = StockDay(
        {
            "open": [5.0, nan, 10.0, 0.0, 9.0, nan],
            "high": [5.0, nan, 12.0, 11.0, -1.0, nan],
            "low": [5.0, nan, 9.0, 9.0, 9.0, nan],
            "close": [0.0, nan, 11.0, 10.0, nan, nan],
            "volume": [7.0, nan, 3.0, 2.0, 8.0, nan],
        },
        6,
    )
    assert (one.t0, list(one.span), one.present) == (2, [2, 3, 4, 5], [False, False, True, True, False, False])
    np.testing.assert_array_equal(one.open, [nan, nan, 10, nan, 10, 10])
    np.testing.assert_array_equal(one.high, [nan, nan, 12, 11, 10, 10])
    np.testing.assert_array_equal(one.low, [nan, nan, 9, 9, 10, 10])
    np.testing.assert_array_equal(one.close, [nan, nan, 11, 10, 10, 10])
    np.testing.assert_array_equal(one.volume, [nan, nan, 3, 2, 0, 0])
    np.testing.assert_allclose(one.returns, [nan, nan, 11 / 10 - 1, 10 / 11 - 1, 0, 0])
    assert one.traded == [False, False, True, True, False, False]
    assert one.amount is None


def test_a_bar_without_volume_is_as_if_absent() -> None:
    nan = math.nan
    one = StockDay({"close": [9.0, 10.0, 11.0, 12.0, 13.0], "volume": [0.0, 3.0, nan, -1.0, 2.0]}, 5)
    assert (one.t0, one.present, one.traded) == (1, [True] * 5, [False, True, False, False, True])
    np.testing.assert_array_equal(one.close, [nan, 10, 10, 10, 13])
    np.testing.assert_array_equal(one.volume, [nan, 3, 0, 0, 2])
    still = StockDay({"close": [9.0, 10.0], "volume": [0.0, nan]}, 2)
    assert (still.t0, still.close, still.traded) == (0, [9, 10], [False, False])


def test_without_volume_every_delivered_bar_is_traded() -> None:
    close = [10.0, math.nan, 11.0]
    assert StockDay({"close": close}, 3).traded == [True, False, True]
    assert StockDay({"close": [10.0, 10.0, 11.0]}, 3, present=[True, False, True]).traded == [True, False, True]


@pytest.mark.parametrize(("bars", "exists"), [(9, False), (10, True)])
def test_min_bars_counts_traded_bars(bars: int, exists: bool) -> None:
    volume = [float(t % 4 + 1) if t < bars else 0.0 for t in range(40)]
    got = loop_compute(StockDay({"close": [10.0 + t % 3 for t in range(40)], "volume": volume}, 40), ["VP"])
    assert math.isnan(got["VP"]) is not exists


@pytest.mark.parametrize(("inside", "exists"), [(15, False), (16, True)])
def test_a_window_needs_its_own_bars(inside: int, exists: bool) -> None:
    volume = [1.0] * 30 + [float(t % 4 + 1) if t < inside else 0.0 for t in range(30)]
    got = loop_compute(StockDay({"close": [10.0 + t % 3 for t in range(60)], "volume": volume}, 60), ["VP_last_30min"])
    assert math.isnan(got["VP_last_30min"]) is not exists


def test_no_trade_counts_leave_no_large_orders() -> None:
    """Top(A/K) of no bar with K > 0 has no members, so nothing is said of them."""
    bars = random_bars(4)
    got = loop_compute(day(bars, trades=[0.0] * T))
    for name in ("cum_return_top30_order", "netinflow_top30_order", "amount_out_order_avg_ratio"):
        assert math.isnan(got[name]), name


def test_a_variant_runs_the_loop_of_its_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    def late_mean(day: StockDay, *, minutes: int = 2) -> float:
        return sum(day.close[-minutes:]) / minutes

    monkeypatch.setitem(LOOPS, "late_mean", LOOPS["VP"])  # goes when the test ends
    declare(inputs=("close",), min_bars=3)(late_mean)
    base = Factor("late_mean", late_mean, ("close",), {"minutes": 2}, "here:1", min_bars=3)
    own = replace(base, name="late_mean[minutes=1]", params={"minutes": 1}, of="late_mean", min_bars=1)
    whole, short = StockDay({"close": [1.0, 2.0, 4.0]}, 3), StockDay({"close": [1.0, math.nan, 4.0]}, 3)
    assert loop_compute(whole, [base, own, "VP"])["late_mean"] == loop_compute(whole, ["late_mean"])["late_mean"] == 3
    assert loop_compute(whole, [own]) == {"late_mean[minutes=1]": 4}
    assert math.isnan(loop_compute(short, [base])["late_mean"])
    assert loop_compute(short, [own]) == {"late_mean[minutes=1]": 4}


def test_errors() -> None:
    with pytest.raises(UnknownFactorError, match="Did you mean 'VP'"):
        loop_compute(day(random_bars(0)), ["vp"])
    with pytest.raises(InputError, match="close has 2 minutes, the session 3"):
        StockDay({"close": [1.0, 2.0]}, 3)
