"""The simulated market, bar by bar: its frame, its repeatability, bars that agree with themselves."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from factors.data.calendar.session import get_session
from factors.data.simulate.bars import DEFAULT_KINDS, simulate_bars, simulate_days, simulate_kinds
from factors.errors import ArgumentError

STOCKS, DAYS = 300, 3
EVERY_KIND = dict.fromkeys(DEFAULT_KINDS, 0.05)


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    return simulate_bars(STOCKS, DAYS, seed=7, kinds=EVERY_KIND)


@pytest.fixture(scope="module")
def kinds() -> pd.Series[str]:
    return simulate_kinds(STOCKS, DAYS, seed=7, kinds=EVERY_KIND)


@pytest.fixture(scope="module")
def clean() -> pd.DataFrame:
    """Normal stocks only, with a row for every minute."""
    return simulate_bars(200, 2, seed=3, kinds={})


def ticks(bars: pd.DataFrame, field: str) -> np.ndarray:
    whole: np.ndarray = np.rint(bars[field].to_numpy() * 100).astype(np.int64)
    return whole


# ------------------------------------------------------------------------------------------------ the frame


def test_columns_and_types(bars: pd.DataFrame) -> None:
    assert list(bars.columns) == [
        "symbol", "datetime", "open", "high", "low", "close", "volume", "amount", "trades",
    ]  # fmt: skip
    assert all(type(symbol) is str for symbol in bars["symbol"].unique())
    assert not isinstance(bars["symbol"].dtype, pd.CategoricalDtype)
    assert bars["datetime"].dtype.kind == "M"
    assert bars["datetime"].dt.tz is None
    assert all(bars[f].dtype == np.float64 for f in ("open", "high", "low", "close", "amount"))
    assert all(bars[f].dtype == np.int64 for f in ("volume", "trades"))
    assert isinstance(bars.index, pd.RangeIndex)
    assert not bars.isna().any().any()


def test_bars_are_labelled_by_their_end(clean: pd.DataFrame) -> None:
    first = clean["datetime"].iloc[:240].dt.strftime("%H:%M").tolist()
    assert first == get_session("XSHG").clock()
    assert (first[0], first[119], first[120], first[-1]) == ("09:31", "11:30", "13:01", "15:00")


def test_a_row_is_a_stock_and_minute_once_in_order(bars: pd.DataFrame) -> None:
    assert not bars.duplicated(["symbol", "datetime"]).any()
    order = bars.assign(date=bars["datetime"].dt.date, rank=bars["symbol"].map(
        {s: i for i, s in enumerate(dict.fromkeys(bars["symbol"]))}))  # fmt: skip
    for _, day in order.groupby("date"):
        assert day.groupby("symbol")["datetime"].is_monotonic_increasing.all()
        assert (day["symbol"] != day["symbol"].shift()).sum() == day["symbol"].nunique()


def test_symbols_are_those_of_both_exchanges() -> None:
    symbols = simulate_bars(5, kinds={})["symbol"].unique().tolist()
    assert symbols == ["600000.XSHG", "000001.XSHE", "600001.XSHG", "000002.XSHE", "600002.XSHG"]


def test_days_are_weekdays_from_the_start() -> None:
    days = simulate_bars(2, 7, start="2026-01-03", kinds={})["datetime"].dt.date.unique()
    assert days[0] == dt.date(2026, 1, 5)  # the 3rd is a Saturday
    assert days[5] == dt.date(2026, 1, 12)
    assert len(days) == 7


@pytest.mark.parametrize(
    "start", [dt.date(2026, 2, 2), dt.datetime(2026, 2, 2, 9), pd.Timestamp("2026-02-02"), np.datetime64("2026-02-02")]
)
def test_start_takes_dates(start: dt.date) -> None:
    assert simulate_bars(1, start=start, kinds={})["datetime"].iloc[0] == pd.Timestamp("2026-02-02 09:31")


# ------------------------------------------------------------------------------------------------ the same again


def test_the_same_seed_gives_the_same_market(bars: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(bars, simulate_bars(STOCKS, DAYS, seed=7, kinds=EVERY_KIND))
    assert not bars.equals(simulate_bars(STOCKS, DAYS, seed=8, kinds=EVERY_KIND))


def test_a_longer_run_begins_with_the_shorter_one(bars: pd.DataFrame, kinds: pd.Series[str]) -> None:
    short = simulate_bars(STOCKS, 2, seed=7, kinds=EVERY_KIND)
    pd.testing.assert_frame_equal(short, bars.iloc[: len(short)])
    few = simulate_kinds(STOCKS, 2, seed=7, kinds=EVERY_KIND)
    pd.testing.assert_series_equal(few, kinds.loc[few.index])


def test_days_one_by_one_are_the_days_together(bars: pd.DataFrame) -> None:
    days = list(simulate_days(STOCKS, DAYS, seed=7, kinds=EVERY_KIND))
    assert [day["datetime"].dt.date.nunique() for day in days] == [1] * DAYS
    pd.testing.assert_frame_equal(pd.concat(days, ignore_index=True), bars)


# ------------------------------------------------------------------------------------------------ each bar


@pytest.mark.parametrize("field", ["open", "high", "low", "close"])
def test_prices_are_whole_ticks(bars: pd.DataFrame, field: str) -> None:
    price = bars[field].to_numpy()
    assert (price == np.round(price, 2)).all()
    assert (price >= 0.01).all()


@pytest.mark.parametrize("tick", [0.05, 0.001, 0.5, 1, 2.5])
def test_other_ticks(tick: float) -> None:
    close = simulate_bars(50, tick=tick, kinds={})["close"].to_numpy()
    steps = close / tick
    assert np.allclose(steps, np.rint(steps), rtol=0, atol=1e-6)
    assert (np.abs(close / 300) < 1.2).all()


def test_high_and_low_enclose_open_and_close(bars: pd.DataFrame) -> None:
    assert (bars["low"] <= bars[["open", "close"]].min(axis=1)).all()
    assert (bars["high"] >= bars[["open", "close"]].max(axis=1)).all()
    assert (bars["high"] > bars[["open", "close"]].max(axis=1)).any()
    assert (bars["low"] < bars[["open", "close"]].min(axis=1)).any()


def test_amount_is_shares_at_prices_inside_the_bar(bars: pd.DataFrame) -> None:
    amount, volume = ticks(bars, "amount"), bars["volume"].to_numpy()
    assert (bars["amount"] == amount / 100).all()
    assert (amount >= ticks(bars, "low") * volume).all()
    assert (amount <= ticks(bars, "high") * volume).all()


def test_trades_and_volume_come_together(bars: pd.DataFrame) -> None:
    trades, volume = bars["trades"], bars["volume"]
    assert ((trades == 0) == (volume == 0)).all()
    assert ((bars["amount"] == 0) == (volume == 0)).all()
    assert (volume >= 100 * trades).all()
    assert (trades == 0).any()
    busy = bars[bars.groupby("symbol")["trades"].transform("median") > 10]
    assert busy.groupby("symbol")[["volume", "trades"]].corr().iloc[0::2]["trades"].min() > 0.5


def test_volume_is_lots_with_an_odd_one_among_many_trades(bars: pd.DataFrame) -> None:
    odd = bars["volume"] % 100 > 0
    assert odd[bars["trades"] > 100].mean() > 0.15
    assert odd[bars["trades"] < 10].mean() < 0.02


def test_few_trades_show_few_prices(bars: pd.DataFrame) -> None:
    one, two = bars[bars["trades"] == 1], bars[bars["trades"] == 2]
    assert len(one) > 1000
    assert (one["high"] == one["low"]).all()
    assert (two["high"] == two[["open", "close"]].max(axis=1)).all()
    assert (two["low"] == two[["open", "close"]].min(axis=1)).all()


def test_a_minute_without_a_trade_carries_the_close(bars: pd.DataFrame) -> None:
    date = bars["datetime"].dt.date
    same = (bars["symbol"] == bars["symbol"].shift()) & (date == date.shift())
    gap = bars["datetime"].diff() > pd.Timedelta(minutes=1)
    idle = bars[(bars["volume"] == 0) & same & ~gap]
    assert len(idle) > 1000
    for field in ("open", "high", "low", "close"):
        assert (idle[field] == bars["close"].shift().loc[idle.index]).all()


# ------------------------------------------------------------------------------------------------ wrong arguments


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"stocks": 0}, "stocks=0 must be a whole number of at least 1"),
        ({"stocks": 2.5}, "stocks=2.5 must be a whole number"),
        ({"stocks": True}, "stocks=True must be a whole number"),
        ({"days": -1}, "days=-1 must be a whole number of at least 1"),
        ({"days": 0}, "days=0"),
        ({"seed": -1}, "seed=-1 must be a whole number of at least 0"),
        ({"seed": None}, "seed=None"),
        ({"session": "XSHX"}, "session='XSHX' is unknown. Did you mean 'XSH"),
        ({"start": "2026-13-01"}, "start='2026-13-01' is no day"),
        ({"start": "tomorrow"}, "start='tomorrow' is no day"),
        ({"start": pd.NaT}, "start=NaT is no day"),
        ({"start": 20260105.0}, "start=20260105.0 is no day"),
        ({"tick": 0}, "tick=0 is no price step"),
        ({"tick": float("nan")}, "tick=nan is no price step"),
        ({"tick": "0.01"}, "tick='0.01' is no price step"),
        ({"kinds": {"halt": 0.1}}, "kinds='halt' is not one of .* Did you mean 'halted'"),
        ({"kinds": {"halted": 1.5}}, r"kinds\['halted'\]=1.5 is no share"),
        ({"kinds": {"halted": 0.6, "thin": 0.6}}, "add up to 1.2"),
        ({"kinds": "thin"}, "kinds='thin' is no mapping"),
        ({"kinds": {"limit_up": 0.1}, "session": "XNYS"}, "session XNYS has no price limits"),
    ],
)
def test_wrong_arguments(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        simulate_bars(**arguments)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=words):
        simulate_days(**arguments)  # type: ignore[arg-type]  # at the call, not at the first day
