"""The simulated market as a market: what it shows over the day, its kinds of stocks, other sessions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from factors.data.calendar.session import get_session
from factors.data.simulate.bars import DEFAULT_KINDS, simulate_bars, simulate_days, simulate_kinds

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


def grid(bars: pd.DataFrame, field: str) -> np.ndarray:
    """Values as (stock-day, minute)."""
    values: np.ndarray = bars[field].to_numpy().reshape(-1, 240)
    return values


def of_kind(bars: pd.DataFrame, kinds: pd.Series[str], kind: str) -> pd.DataFrame:
    """Rows of the stock-days of a kind, with their date."""
    dated = bars.assign(date=bars["datetime"].dt.normalize())
    chosen = kinds[kinds == kind].index
    assert len(chosen), kind
    return dated[pd.MultiIndex.from_frame(dated[["date", "symbol"]]).isin(chosen)]


def per_day(rows: pd.DataFrame, kinds: pd.Series[str], kind: str) -> list[pd.DataFrame]:
    """Return one frame per stock-day, all that the kind has."""
    days = [day for _, day in rows.groupby(["date", "symbol"])]
    assert len(days) == (kinds == kind).sum()
    return days


# ------------------------------------------------------------------------------------------------ the market


def test_the_closing_call_rests_and_ends_in_one_price(clean: pd.DataFrame) -> None:
    volume = grid(clean, "volume")
    assert (volume[:, 237:239] == 0).all()
    assert np.median(volume[:, 239] / volume.mean(axis=1)) > 2.5
    last = clean[clean["datetime"].dt.strftime("%H:%M") == "15:00"]
    assert (last["high"] == last["low"]).all()
    assert (last["volume"] > 0).mean() > 0.98


def test_volume_and_volatility_are_high_at_both_ends(clean: pd.DataFrame) -> None:
    volume, close = grid(clean, "volume").astype(float), grid(clean, "close")
    share = (volume / volume.sum(axis=1, keepdims=True)).mean(axis=0) * 240
    spread = np.abs(np.diff(np.log(close))).mean(axis=0)
    assert share[0] > 3
    assert share[:15].mean() > 1.5 * share[60:180].mean()
    assert share[225:237].mean() > 1.3 * share[60:180].mean()
    assert share[120] > 1.5 * share[125:135].mean()  # after lunch
    assert spread[:15].mean() > 1.4 * spread[60:118].mean()


def test_returns_have_heavy_tails_and_come_in_clusters(clean: pd.DataFrame) -> None:
    busy = np.median(grid(clean, "trades"), axis=1) > 20
    r = np.diff(np.log(grid(clean, "close")[busy]))[:, 20:236]
    r = r - r.mean(axis=1, keepdims=True)
    assert (r**4).mean(axis=1).mean() / (r**2).mean() ** 2 > 4
    size = np.abs(r)

    def corr(x: np.ndarray, y: np.ndarray) -> float:
        x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
        return float(((x * y).sum(axis=1) / np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))).mean())

    assert corr(size[:, 1:], size[:, :-1]) > 0.06
    assert corr(size[:, 5:], size[:, :-5]) > 0.02
    assert -0.25 < corr(r[:, 1:], r[:, :-1]) < 0  # trades at the bid and at the ask
    assert corr(size, grid(clean, "volume")[busy][:, 21:237].astype(float)) > 0.15


def test_stocks_move_with_the_market(clean: pd.DataFrame) -> None:
    close = grid(clean, "close").reshape(2, 200, 240)
    five = np.diff(np.log(close[:, :, ::5]), axis=2)
    market = five.mean(axis=1, keepdims=True)
    rows = five.reshape(2, 200, -1)
    corr = [np.corrcoef(rows[0, i], market[0, 0])[0, 1] for i in range(200)]
    assert 0.2 < np.median(corr) < 0.8


def test_prices_and_activity_differ_widely() -> None:
    day = simulate_bars(1500, seed=2)
    stock = day.groupby("symbol").agg(price=("close", "mean"), shares=("volume", "mean"))
    assert stock["price"].min() < 3
    assert stock["price"].max() > 150
    assert stock["shares"].quantile(0.02) < 100
    assert stock["shares"].max() > 1e6


def test_prices_go_on_over_night(clean: pd.DataFrame) -> None:
    opens, closes = grid(clean, "open").reshape(2, 200, 240), grid(clean, "close").reshape(2, 200, 240)
    gap = np.abs(opens[1, :, 0] / closes[0, :, -1] - 1)
    assert 0.001 < np.median(gap) < 0.03
    within = closes[1] / closes[0, :, -1:] - 1
    assert np.abs(within).max() < 0.1 + 0.005 / closes.min()


# ------------------------------------------------------------------------------------------------ kinds


def test_kinds_take_their_share_of_the_stocks(kinds: pd.Series[str]) -> None:
    assert kinds.index.names == ["date", "symbol"]
    assert len(kinds) == STOCKS * DAYS
    counts = kinds.loc[kinds.index[0][0]].value_counts()
    assert counts.to_dict() == {"normal": 180} | dict.fromkeys(EVERY_KIND, 15)


def test_traits_last_and_events_change(kinds: pd.Series[str]) -> None:
    days = kinds.unstack("date")
    for kind in ("thin", "gappy"):
        assert ((days == kind).sum(axis=1).isin([0, DAYS])).all()
    assert not ((days == "halted").sum(axis=1) == DAYS).any()
    many = simulate_kinds(STOCKS, 25, seed=7, kinds=EVERY_KIND).unstack("date")
    unlisted = (many == "unlisted").to_numpy()
    assert unlisted[:, 0].sum() == 15
    assert not unlisted[:, -1].any()
    assert (np.diff(unlisted.astype(int), axis=1) <= 0).all()


def test_no_special_kinds_when_none_are_asked(clean: pd.DataFrame) -> None:
    assert len(clean) == 200 * 2 * 240
    assert (simulate_kinds(200, kinds={}) == "normal").all()


@pytest.mark.parametrize("kind", ["suspended", "unlisted"])
def test_no_rows(bars: pd.DataFrame, kinds: pd.Series[str], kind: str) -> None:
    assert of_kind(bars, kinds, kind).empty


def test_halted_stocks_are_flat_at_the_previous_close(bars: pd.DataFrame, kinds: pd.Series[str]) -> None:
    closes = bars.groupby(["symbol", bars["datetime"].dt.normalize()])["close"].last()
    checked = 0
    for day in per_day(of_kind(bars, kinds, "halted"), kinds, "halted"):
        assert len(day) == 240
        assert (day["volume"] == 0).all()
        assert day[["open", "high", "low", "close"]].nunique().eq(1).all()
        before = (day["symbol"].iloc[0], day["date"].iloc[0] - pd.Timedelta(days=1))
        if before in closes.index:
            checked += 1
            assert day["open"].iloc[0] == closes[before]
    assert checked > 10


def test_locked_stocks_trade_at_the_limit_until_the_close(bars: pd.DataFrame, kinds: pd.Series[str]) -> None:
    closes = bars.groupby(["symbol", bars["datetime"].dt.normalize()])["close"].last()
    for kind, factor in (("limit_up", 11), ("limit_down", 9)):
        days, from_the_open, checked = per_day(of_kind(bars, kinds, kind), kinds, kind), 0, 0
        steps = []
        for day in days:
            assert len(day) == 240
            limit = day["close"].iloc[-1]
            held = (day[["open", "high", "low", "close"]] == limit).all(axis=1).to_numpy()
            start = 240 - int(np.argmin(held[::-1])) if not held.all() else 0
            assert start < 220
            volume = day["volume"].to_numpy()[start:]
            assert (volume[: 237 - start] > 0).all()
            assert volume[-1] > 0
            from_the_open += start == 0
            if start:
                steps.append(abs(day["close"].iloc[start - 1] / limit - 1))
            before = (day["symbol"].iloc[0], day["date"].iloc[0] - pd.Timedelta(days=1))
            if before in closes.index:
                checked += 1
                assert round(limit * 100) == (round(closes[before] * 100) * factor + 5) // 10
        assert 5 <= from_the_open <= 25
        assert np.median(steps) < 0.02  # most come near before they lock
        assert checked > 10


def test_nobody_trades_beyond_the_limits() -> None:
    mix = DEFAULT_KINDS | {"gappy": 0.0}  # an outage may hide the close
    days = list(simulate_days(400, 3, seed=5, kinds=mix))
    before = days[0].groupby("symbol")["close"].last()
    for day in days[1:]:
        ends = day.groupby("symbol").agg(high=("high", "max"), low=("low", "min"), close=("close", "last"))
        ends = ends.join(before.rename("before"), how="inner")
        previous = np.rint(ends["before"] * 100).astype(int)
        assert (np.rint(ends["high"] * 100) <= (previous * 11 + 5) // 10).all()
        assert (np.rint(ends["low"] * 100) >= (previous * 9 + 5) // 10).all()
        before = ends["close"].combine_first(before)


def test_thin_stocks_have_every_minute_but_seldom_trade(bars: pd.DataFrame, kinds: pd.Series[str]) -> None:
    days = per_day(of_kind(bars, kinds, "thin"), kinds, "thin")
    assert all(len(day) == 240 for day in days)
    assert np.mean([(day["volume"] == 0).mean() for day in days]) > 0.5


def test_gappy_stocks_lack_minutes(bars: pd.DataFrame, kinds: pd.Series[str]) -> None:
    days = per_day(of_kind(bars, kinds, "gappy"), kinds, "gappy")
    assert all((day["volume"] > 0).all() for day in days)
    assert all(len(day) < 236 for day in days)
    assert np.mean([len(day) for day in days]) < 150
    assert any(day["datetime"].iloc[0].strftime("%H:%M") > "09:31" for day in days)


def test_late_stocks_start_after_the_first_minute(bars: pd.DataFrame, kinds: pd.Series[str]) -> None:
    for day in per_day(of_kind(bars, kinds, "late"), kinds, "late"):
        assert "09:31" < day["datetime"].iloc[0].strftime("%H:%M") <= "11:30"
        assert 120 < len(day) < 240


# ------------------------------------------------------------------------------------------------ other sessions


@pytest.mark.parametrize("name", ["XNYS", "XHKG", "XNYS/half", "24H", "SSE"])
def test_other_sessions(name: str) -> None:
    session = get_session(name)
    day = simulate_bars(40, seed=1, session=name, kinds={"thin": 0.1, "late": 0.1, "halted": 0.05})
    whole = day.groupby("symbol").size()
    assert whole.max() == session.minutes
    assert (whole == session.minutes).sum() == 36
    busy = day[day.groupby("symbol")["trades"].transform("median") > 20]
    times = busy["datetime"].dt.strftime("%H:%M")
    if name != "24H":
        assert set(times) == set(session.clock())
    resting = (busy["volume"] == 0).groupby(times).mean()
    assert set(resting.index[resting > 0.5]) == ({"14:58", "14:59"} if name == "SSE" else set())
    assert day["symbol"].nunique() == 40
    vwap = (day["amount"] / day["volume"])[day["volume"] > 0]
    assert vwap.between(day["low"][vwap.index] - 1e-9, day["high"][vwap.index] + 1e-9).all()


def test_new_york_trades_odd_lots_and_has_no_limits_by_default() -> None:
    assert (simulate_bars(20, session="XNYS", kinds={})["volume"] % 100 > 0).mean() > 0.8
    assert not simulate_kinds(1000, session="XNYS").str.startswith("limit").any()
    assert simulate_kinds(1000).str.startswith("limit").sum() == 15
