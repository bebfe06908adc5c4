"""A stock's value depends on no other stock: what is read of earlier days is the stock's own last traded days."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import factors
from factors.catalogue import resolve
from factors.data.calendar.session import Session
from factors.data.cube.days_before import REACH
from tests.support.neighbours import OF_OTHERS

SESSION = Session("lunch130", "UTC", ((570, 640), (700, 760)))
OWN = [name for name in resolve("all") if name not in OF_OTHERS]
EARLIER = ["return_overnight", "return_daily", "trend_capital_vwap_gap"]
UNITS = factors.Schema(volume_unit=1, amount_unit=1)
TRADED, ABSENT = "traded", "absent"


def bars_of(symbol: str, days: Sequence[str], seed: int) -> pd.DataFrame:
    """Bars of a stock: each day a way to be, of which a halt may be absent or "flat"."""
    rng = np.random.default_rng(seed)
    close, parts = 10.0, []
    for day, how in zip(pd.bdate_range("2026-01-05", periods=len(days)), days, strict=True):
        ends = day + pd.to_timedelta(SESSION.ends(), unit="min")
        step = rng.integers(-3, 4, len(ends)) * 0.01
        volume = rng.integers(0, 9, len(ends)) * rng.integers(1, 20, len(ends)) * 100.0
        if how == ABSENT:
            continue
        if how == "flat":
            step[:], volume[:] = 0.0, 0.0
        series = np.round(np.maximum(close + np.cumsum(step), 1.0), 2)
        opened = np.append(close, series[:-1])
        frame = pd.DataFrame({"symbol": symbol, "datetime": ends, "open": opened, "close": series, "volume": volume})
        frame["high"], frame["low"] = frame[["open", "close"]].max(axis=1), frame[["open", "close"]].min(axis=1)
        frame["amount"], frame["trades"] = frame.volume * frame.close, np.ceil(frame.volume / 300)
        parts.append(frame)
        close = float(series[-1])
    return pd.concat(parts, ignore_index=True)


def compute(bars: pd.DataFrame, names: Sequence[str] = OWN, **options: object) -> pd.DataFrame:
    """The values of stock M."""
    found = factors.compute(bars, list(names), session=SESSION, label="right", schema=UNITS, **options)
    return found.xs("M", level="symbol")


def inputs(days: Sequence[str], seed: int, others: int = 5) -> list[pd.DataFrame]:
    """The stock alone and with others, absent and delivered flat on its halts."""
    more = [bars_of(f"{name}{k}", [TRADED] * len(days), seed + k) for k in range(1, 1 + others) for name in "AZ"]
    own = [bars_of("M", days, seed)]
    own.append(bars_of("M", ["flat" if day == ABSENT else day for day in days], seed))
    return [*own, *(pd.concat([one, *more], ignore_index=True) for one in own)]


def unlike(days: Sequence[str], seed: int, names: Sequence[str] = OWN, **options: object) -> list[str]:
    """The factors of which not every input gives the same bits on the days that traded."""
    first, *rest = (compute(bars, names, **options) for bars in inputs(days, seed))
    for found in rest:
        assert found.drop(first.index).isna().all(axis=None)
    same = [np.isclose(found.loc[first.index], first, rtol=0, atol=0, equal_nan=True) for found in rest]
    return [name for k, name in enumerate(names) if not all(one[:, k].all() for one in same)]


halts = st.lists(st.sampled_from([TRADED, TRADED, ABSENT]), min_size=7, max_size=12).map(
    lambda days: [TRADED, *days, TRADED]
)


@pytest.mark.parametrize("engine", ["auto", "matrix"])
@settings(max_examples=3)
@given(days=halts, seed=st.integers(0, 2**32), threads=st.integers(1, 3))
def test_every_factor_alone_and_with_others(engine: str, days: list[str], seed: int, threads: int) -> None:
    assert unlike(days, seed, engine=engine, threads=threads) == []


@settings(max_examples=4)
@given(days=halts, seed=st.integers(0, 2**32))
def test_loops_of_earlier_days(days: list[str], seed: int) -> None:
    assert unlike(days, seed, EARLIER, engine="loop") == []


def test_loops_of_all_factors() -> None:
    assert unlike([TRADED, ABSENT, TRADED], 1, engine="loop") == []


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_chunks_and_days_before_change_nothing(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    days = [*[TRADED] * 3, *[ABSENT] * 4, *[TRADED] * 4, ABSENT, TRADED]
    whole = inputs(days, 2)
    expected = compute(whole[0], EARLIER)
    assert expected.notna().sum().tolist() == [7, 7, 3]
    monkeypatch.setattr(import_module("factors.inputs.stream"), "CHUNK", size * 130 * 16 * 7 * 8)
    for bars in whole:
        found = compute(bars, EARLIER).loc[expected.index]
        pd.testing.assert_frame_equal(found, expected, check_exact=True)
        for engine in ("auto", "matrix", "loop"):
            cut = expected.index[-3]
            later = compute(bars[bars.datetime >= cut], EARLIER, lookback=bars[bars.datetime < cut], engine=engine)
            pd.testing.assert_frame_equal(later.loc[expected.index[-3:]], expected[-3:], rtol=1e-12)


@pytest.mark.parametrize("engine", ["auto", "matrix", "loop"])
@pytest.mark.parametrize("size", [1, 1000])
def test_a_stock_s_own_days_are_looked_for_thirty_days_back(
    monkeypatch: pytest.MonkeyPatch, engine: str, size: int
) -> None:
    monkeypatch.setattr(import_module("factors.inputs.stream"), "CHUNK", size * 130 * 16 * 7 * 8)
    for halt, known in ((REACH - 1, True), (REACH, False)):
        days = [*[TRADED] * 5, *[ABSENT] * halt, TRADED, TRADED]
        for bars in inputs(days, 3, 1)[2:]:
            found = compute(bars, EARLIER, engine=engine).iloc[-2:]
            assert found["return_daily"].notna().tolist() == [known, True]
            assert found["trend_capital_vwap_gap"].isna().all()  # of its five days some are further back


def test_the_close_before_a_halt() -> None:
    bars = inputs([TRADED, TRADED, ABSENT, ABSENT, TRADED], 4)[3]
    own = bars[bars.symbol == "M"].groupby(bars.datetime.dt.normalize())
    close, found = own.close.last(), compute(bars, EARLIER)
    assert found["return_daily"].iloc[-1] == pytest.approx(close.iloc[-1] / close.iloc[1] - 1, rel=1e-12)
    assert found["return_daily"].iloc[2:4].isna().all()
