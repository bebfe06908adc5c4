"""What is read of earlier days: the same however the input is cut, and missing where it does not reach."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest

import factors
from factors import ops as m
from factors.data.reader.lookback import History
from factors.errors import ArgumentError, DefinitionError

NAMES = ["return_overnight", "return_daily", "trend_capital_vwap_gap", "panic_core", "VP"]
KINDS = {"thin": 0.1, "gappy": 0.1, "halted": 0.1, "late": 0.1, "suspended": 0.1}
BARS = factors.simulate_bars(stocks=20, days=9, kinds=KINDS, seed=8)
DATES = sorted(BARS.datetime.dt.normalize().unique())


def days(first: int, last: int) -> pd.DataFrame:
    """Return the bars of days first..last-1."""
    return BARS[BARS.datetime.dt.normalize().isin(DATES[first:last])]


def compute(bars: Any = BARS, names: Sequence[str] = NAMES, **options: Any) -> pd.DataFrame:
    return factors.compute(bars, list(names), **{"engine": "matrix", **options})


def sized(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Let cubes hold so many days."""
    size = days * 24 * 240 * 5 * 8  # 20 stocks in 3 blocks, 5 fields
    monkeypatch.setattr(import_module("factors.inputs.stream"), "CHUNK", size)


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return compute()


@pytest.mark.parametrize("engine", ["matrix", "auto"])
@pytest.mark.parametrize("size", [1, 2, 4, 100])
def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch, whole: pd.DataFrame, size: int, engine: str) -> None:
    sized(monkeypatch, size)
    pd.testing.assert_frame_equal(compute(engine=engine), whole, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("size", [1, 3])
def test_day_by_day_with_the_days_before(monkeypatch: pytest.MonkeyPatch, whole: pd.DataFrame, size: int) -> None:
    sized(monkeypatch, size)
    parts = [compute(days(d, d + 1), lookback=days(0, d) if d else None) for d in range(len(DATES))]
    pd.testing.assert_frame_equal(pd.concat(parts), whole, check_exact=True)
    parts = [compute(days(0, 4)), compute(days(4, 9), lookback=BARS)]  # later days of it are left alone
    pd.testing.assert_frame_equal(pd.concat(parts), whole, check_exact=True)


def test_a_cube_of_many_days_sees_its_own(whole: pd.DataFrame) -> None:
    cube = factors.cube(BARS)
    pd.testing.assert_frame_equal(compute(cube), whole, check_exact=True)
    pd.testing.assert_frame_equal(compute(cube), whole, check_exact=True)
    with pytest.raises(ArgumentError, match="lookback=3 must be the bars of the days before"):
        compute(BARS, lookback=3)
    with pytest.raises(ArgumentError, match="lookback= has no effect on a MinuteCube"):
        compute(cube, lookback=BARS)


@pytest.mark.parametrize("part", [slice(0, 9), slice(3, 9)])
def test_the_first_days_are_missing(part: slice) -> None:
    found = compute(days(part.start, part.stop))
    date = found.index.get_level_values("date")
    first, fifth = DATES[part.start], DATES[part.start + 4]
    assert found.loc[date == first, ["return_overnight", "return_daily", "panic_core"]].isna().all(axis=None)
    assert found.loc[date > first, "return_daily"].notna().any()
    assert found.loc[date <= fifth, "trend_capital_vwap_gap"].isna().all()
    assert found.loc[date > fifth, "trend_capital_vwap_gap"].notna().any()
    about = found.attrs["minute_factors"]["history"]
    assert about == {"days": 5, "first_days_without": [str(d)[:10] for d in DATES[part.start : part.start + 5]]}


def test_the_provenance_names_the_days_without() -> None:
    about = compute(days(3, 9), lookback=days(0, 3)).attrs["minute_factors"]["history"]
    assert about == {"days": 5, "first_days_without": [str(d)[:10] for d in DATES[3:5]]}
    about = compute(days(1, 3), ["return_daily"]).attrs["minute_factors"]["history"]
    assert about == {"days": 1, "first_days_without": [str(DATES[1])[:10]]}
    assert "history" not in compute(days(0, 1), ["VP"]).attrs["minute_factors"]


def test_the_previous_day_is_the_stock_s_own() -> None:
    """A stock without a bar on the day before has the close before that."""
    gone = BARS.groupby("symbol").size().idxmax()
    left = BARS[~((BARS.symbol == gone) & (BARS.datetime.dt.normalize() == DATES[2]))]
    found = compute(left, ["return_daily"])["return_daily"].unstack("symbol")
    assert found[gone].isna().tolist()[:5] == [True, False, True, False, False]
    close = BARS[BARS.symbol == gone].groupby(BARS.datetime.dt.normalize()).close.last()
    assert found[gone].iloc[3] == pytest.approx(close.iloc[3] / close.iloc[1] - 1, rel=1e-12)


def test_against_pandas(whole: pd.DataFrame) -> None:
    daily = BARS.groupby([BARS.datetime.dt.normalize().rename("date"), "symbol"])
    traded = daily.volume.sum().unstack("symbol") > 0
    close = daily.close.last().unstack("symbol")
    before = close.where(traded).ffill().shift()  # the last traded day's
    ours = whole["return_daily"].unstack("symbol")
    expected = (close / before - 1).where(traded)
    np.testing.assert_allclose(ours, expected.reindex_like(ours), rtol=1e-12)
    some = BARS[BARS.volume > 0]
    opened = some.groupby([some.datetime.dt.normalize().rename("date"), "symbol"]).open.first().unstack("symbol")
    expected = (opened / before - 1).where(traded)
    np.testing.assert_allclose(whole["return_overnight"].unstack("symbol"), expected.reindex_like(ours), rtol=1e-12)
    day = BARS.datetime.dt.normalize()
    some = whole["trend_capital_vwap_gap"].dropna()
    assert len(some) > 30
    for (date, symbol), value in some.items():
        own = BARS[(BARS.symbol == symbol) & (day == date)]
        last = [before for before in DATES if before < date and traded[symbol].get(before) == 1][-5:]
        past = BARS[(BARS.symbol == symbol) & day.isin(last)]
        large = own[own.volume > past.volume[past.volume > 0].quantile(0.9)]
        vwap = own.amount.sum() / own.volume.sum()
        assert value == pytest.approx(large.amount.sum() / large.volume.sum() / vwap - 1, rel=1e-9, abs=1e-12)


def test_an_input_with_its_own_previous_close() -> None:
    own = BARS.assign(preClose=BARS.groupby("symbol").close.transform("first") + 1)
    own = own.sample(frac=1, random_state=0)
    found = compute(own, ["return_daily", "return_overnight"])
    assert found["return_daily"].groupby("date").count().min() > 10  # on the first day too
    about = found.attrs["minute_factors"]
    assert "history" not in about
    assert about["input"]["columns"]["pre_close"] == "preClose"
    daily = own.sort_values("datetime").groupby([own.datetime.dt.normalize().rename("date"), "symbol"])
    expected = (daily.close.last() / daily.preClose.first() - 1).reindex(found.index)
    known = found["return_daily"].notna()
    np.testing.assert_allclose(found.loc[known, "return_daily"], expected[known], rtol=1e-12)
    cube = factors.cube(own)
    assert cube.pre_close is not None
    pd.testing.assert_frame_equal(compute(cube, ["return_daily", "return_overnight"]), found, check_exact=True)


def test_a_previous_close_by_minute_is_that_of_the_first_bar() -> None:
    """Some vendors call the close of the minute before so."""
    own = BARS.sort_values(["symbol", "datetime"])
    own = own.assign(pre_close=own.groupby("symbol").close.shift()).sample(frac=1, random_state=1)
    found = compute(own, ["return_daily"])["return_daily"].unstack("symbol")
    whole = compute(names=["return_daily"])["return_daily"].unstack("symbol")
    there = whole.notna()
    np.testing.assert_allclose(found.to_numpy()[there], whole.to_numpy()[there], rtol=1e-12)


def test_a_previous_close_has_the_unit_of_the_prices() -> None:
    scaled = BARS.assign(pre_close=BARS.groupby("symbol").close.transform("first"))
    expected = compute(scaled, ["return_daily"])
    prices = ["open", "high", "low", "close", "pre_close"]
    scaled[prices] = (scaled[prices] * 1e4).round()
    found = compute(scaled, ["return_daily"], schema=factors.Schema(price_scale=1e-4, volume_unit=1, amount_unit=1))
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9)


def test_days_of_other_lengths() -> None:
    """A half day before a whole one: each day of the past is as wide as the longest."""
    bars = factors.simulate_bars(stocks=8, days=8, session="XHKG", kinds={}, seed=3)
    date, clock = bars.datetime.dt.normalize(), bars.datetime.dt.strftime("%H:%M")
    half = bars[(date != sorted(date.unique())[3]) | (clock <= "12:00")]
    told: dict[str, Any] = {"session": "XHKG", "label": "right"}
    assert [s.minutes for s in factors.cube(half, **told).sessions] == [330, 330, 330, 150, 330, 330, 330, 330]
    whole = compute(half, **told)
    days = half.datetime.dt.normalize()
    parts = [
        compute(half[days == day], lookback=half[days < day] if (days < day).any() else None, **told)
        for day in sorted(days.unique())
    ]
    pd.testing.assert_frame_equal(pd.concat(parts), whole, rtol=1e-9, atol=1e-14)
    assert whole["trend_capital_vwap_gap"].notna().any()


def test_a_factor_of_a_users_own() -> None:
    @factors.factor(history=2, min_bars=1)
    def grown_volume(volume, past_volume):
        """Volume of the day over that of the two before."""
        return m.ratio(m.sum(volume), m.sum(past_volume))

    @factors.factor(history=4, min_bars=1)
    def longer(volume, past_volume):
        """Volume of the day over that of the four before."""
        return m.ratio(m.sum(volume), m.sum(past_volume))

    found = factors.compute(BARS, [longer, grown_volume])
    alone = factors.compute(BARS, [grown_volume])
    pd.testing.assert_frame_equal(found[["grown_volume"]], alone, check_exact=True)
    daily = BARS.groupby([BARS.datetime.dt.normalize().rename("date"), "symbol"]).volume.sum().unstack("symbol")
    traded = daily.where(daily > 0)
    past = [traded.apply(lambda one, k=k: one.dropna().shift(k).reindex(one.index)) for k in (1, 2)]
    expected = daily / (past[0] + past[1])
    ours = alone["grown_volume"].unstack("symbol").iloc[2:]
    known = ours.notna() & np.isfinite(expected.iloc[2:])
    assert known.to_numpy().mean() > 0.7
    np.testing.assert_allclose(ours.to_numpy()[known], expected.iloc[2:].to_numpy()[known], rtol=1e-12)


def test_wrong_readers_of_the_past() -> None:
    @factors.factor
    def undeclared(past_volume):
        """Does not say how many days."""
        return m.sum(past_volume)

    with pytest.raises(DefinitionError, match=r"must say of how many days: @factor\(history=5\)"):
        factors.compute(BARS, undeclared)

    @factors.shared
    def past_total(past_volume):
        """Not a factor."""
        return m.sum(past_volume)

    @factors.factor(history=2)
    def through(past_total):
        """Reads it."""
        return past_total

    with pytest.raises(DefinitionError, match="shared 'past_total' .* reads past_volume"):
        factors.compute(BARS, through)


def test_history_keeps_copies() -> None:
    """A cube's storage is used again for the next one."""
    cube = factors.cube(days(0, 2))
    history = History(1, ["volume"])
    history.record(cube)
    last = np.where(cube.traded_days[1], 1, 0)
    expected = cube["volume"][last, np.arange(len(last))].copy()
    known = cube.traded_days.any(axis=0)
    assert 0 < last[known].mean() < 1
    cube.storage[:] = -1.0
    following = factors.cube(days(2, 3))
    earlier = history.before(following)
    assert earlier is not None
    places = {s: i for i, s in enumerate(cube.symbols.tolist())}
    own = [places.get(s, -1) for s in following.symbols.tolist()]
    for back, ours, place in zip(earlier.back[0], earlier.series["volume"][0], own, strict=True):
        there = place >= 0 and known[place]
        np.testing.assert_array_equal(ours, expected[place] if there else np.full(240, np.nan))
        assert back == (2 - last[place] if there else 0)
