"""The market of a call: what it is the mean of, and that its bars are read as those of the stocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import factors
from factors.common.arrays import Floats
from factors.data.conventions.read_options import ReadOptions
from factors.engine.planning.market import Market
from factors.errors import FactorsError
from factors.inputs.market import open_market

ENGINES = ("loop", "matrix", "auto")


def steady(symbol: str, before: float, price: float, volume: float) -> pd.DataFrame:
    """A day at one price, with its previous close."""
    times = factors.simulate_bars(stocks=1, days=1).datetime
    bar = {"open": price, "high": price, "low": price, "close": price, "volume": volume, "amount": price * volume}
    return pd.DataFrame({"datetime": times, "symbol": symbol, **bar, "pre_close": before})


@pytest.mark.parametrize("engine", ENGINES)
def test_the_mean_of_the_traded_stocks_by_hand(engine: str) -> None:
    """Returns 0.1, -0.05 and 0.3, amounts 1 : 3 : 1, and a stock without a trade, which is no part of it."""
    bars = pd.concat(
        [steady("600001", 10, 11, 247), steady("600002", 10, 9.5, 858), steady("600003", 10, 13, 209),
         steady("600004", 10, 20, 0)]
    )  # fmt: skip
    options: dict[str, Any] = {"engine": engine, "label": "right", "volume_unit": 1}
    plain = factors.compute(bars, ["panic_core"], **options)["panic_core"].to_numpy()
    mean = 0.35 / 3
    wanted = [abs(r - mean) / (abs(r) + mean + 0.1) for r in (0.1, -0.05, 0.3)]
    np.testing.assert_allclose(plain, [*wanted, np.nan], rtol=1e-12)
    np.testing.assert_allclose(plain[0], 1 / 19, rtol=1e-12)
    weighted = factors.compute(bars, ["panic_core"], market="amount", **options)["panic_core"].to_numpy()
    mean = (0.1 - 3 * 0.05 + 0.3) / 5  # 0.05
    wanted = [abs(r - mean) / (abs(r) + mean + 0.1) for r in (0.1, -0.05, 0.3)]
    np.testing.assert_allclose(weighted, [*wanted, np.nan], rtol=1e-12)
    np.testing.assert_allclose(weighted[0], 0.2, rtol=1e-12)


NAMES = ["realized_beta", "realized_idio_var", "panic_core", "return_daily"]


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    """Three days, named by the minutes' ends."""
    return factors.simulate_bars(stocks=5, days=3, seed=9)


def untold(bars: pd.DataFrame) -> pd.DataFrame:
    """The same bars without those from which the side of the label is told, beside noon and at the ends."""
    return bars[~bars.datetime.dt.strftime("%H:%M").isin(["09:31", "11:30", "13:01", "15:00"])]


def by_start_in_utc(bars: pd.DataFrame) -> pd.DataFrame:
    """The same bars named by their start, in UTC."""
    return bars.assign(datetime=bars.datetime - pd.Timedelta(hours=8, minutes=1))


@pytest.mark.parametrize("engine", ENGINES)
def test_options_reach_the_market_and_the_days_before(bars: pd.DataFrame, engine: str) -> None:
    """Nothing in these bars says what their names mean; the options do, of all three inputs."""
    plain = untold(bars)

    def compute(frame: pd.DataFrame, **options: Any) -> pd.DataFrame:
        day = frame.datetime.dt.normalize()
        index = frame[frame.symbol == frame.symbol.iloc[0]]
        found: pd.DataFrame = factors.compute(
            frame[day > day.min()], NAMES, market=index, lookback=frame[day == day.min()], engine=engine, **options
        )
        return found

    wanted = compute(plain, label="right", session="XSHG")
    found = compute(by_start_in_utc(plain), label="left", tz="UTC", session="XSHG")
    assert wanted.notna().any().all()
    pd.testing.assert_frame_equal(found, wanted)
    assert found.attrs["minute_factors"]["market"] == wanted.attrs["minute_factors"]["market"]


def closes(market: Market) -> Floats:
    """The closes of a market, by day and minute."""
    assert market.bars is not None
    found: Floats = market.bars.storage[:, 0, market.bars.fields.index("close"), :, 0]
    return found


def test_each_option_reaches_the_market(bars: pd.DataFrame) -> None:
    index = bars[bars.symbol == bars.symbol.iloc[0]]
    named = by_start_in_utc(untold(index))
    wanted = closes(open_market(untold(index), ReadOptions(label="right", session="XSHG")))
    np.testing.assert_array_equal(
        closes(open_market(named, ReadOptions(label="left", tz="UTC", session="XSHG"))), wanted
    )
    for lacking in ({"label": "left", "session": "XSHG"}, {"tz": "UTC", "session": "XSHG"}):
        with pytest.raises(FactorsError, match="market, which is 'mean', 'amount' or minute bars"):
            open_market(named, ReadOptions(**lacking))  # type: ignore[arg-type]
    twice = pd.concat([index, index.head(1).assign(close=index.close.iloc[0] + 0.01)])
    with pytest.raises(FactorsError, match="market.*1 bars differ"):
        open_market(twice, ReadOptions())
    assert open_market(twice, ReadOptions(duplicates="first")).bars is not None
    stray = pd.concat(
        [index, index.head(1).assign(datetime=index.datetime.iloc[0].normalize() + pd.Timedelta("12:10:00"))]
    )
    with pytest.raises(FactorsError, match="market"):
        open_market(stray, ReadOptions(session="XSHG"))
    assert open_market(stray, ReadOptions(session="XSHG", outside="drop")).bars is not None
    scaled = index.assign(close=(index.close * 1e9).round().astype("int64"))
    with pytest.raises(FactorsError, match="market.*looks scaled"):
        open_market(scaled, ReadOptions())
    found = closes(open_market(scaled, ReadOptions(schema=factors.Schema(price_scale=1e-9))))
    np.testing.assert_array_equal(found, closes(open_market(index)))


def test_a_preset_says_nothing_of_the_market(bars: pd.DataFrame) -> None:
    """The stocks of a vendor that names bars by their start, and an index of another that does not: no note of it."""
    index = bars[bars.symbol == bars.symbol.iloc[0]]
    assert open_market(index, ReadOptions(schema="alpaca", session="XSHG")).bars is not None
