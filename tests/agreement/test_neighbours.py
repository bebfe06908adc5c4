"""Factors that read the other stocks, the market, the auction: engines against loops, against pandas, laws."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

import factors
from factors import backends
from factors import ops as m
from factors.catalogue import resolve
from factors.common.fields import FIELDS
from factors.definitions.decorators import Factor, across
from factors.engine import loop
from factors.engine.fused import run as fused
from factors.engine.matrix import run as matrix
from factors.engine.planning.external import ExternalInputs
from factors.engine.planning.plan import make_plan
from factors.errors import ArgumentError, DefinitionError, InputError, MissingFieldError
from factors.inputs.market import open_market
from factors.ops import across as over
from tests.support.agreement import assert_agree
from tests.support.neighbours import ALL, NAMES, as_cube, weeks
from tests.support.strategies import Market

KINDS = {"thin": 0.1, "gappy": 0.1, "halted": 0.1, "late": 0.1, "suspended": 0.1}
BARS = factors.simulate_bars(stocks=24, days=3, kinds=KINDS, seed=12)
CPU = backends.get("cpu")


def compute(bars: Any = BARS, names: Any = NAMES, **options: Any) -> pd.DataFrame:
    return factors.compute(bars, names, **{"engine": "matrix", **options})


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return compute()


def test_all_rows_are_there() -> None:
    assert sorted(NAMES) == [
        "lonely_goose", "panic_core", "patv", "realized_beta", "realized_idio_var", "return_daily", "return_overnight",
        "trend_capital_vwap_gap", "vol_diff_intercept", "volume_open_auction_ratio",
    ]  # fmt: skip


@settings(max_examples=12)
@given(week=weeks())
def test_engines_equal_the_loops(week: list[Market]) -> None:
    cube = as_cube(week)
    if cube is None:
        return
    plan = make_plan(ALL, cube.fields)
    theirs = loop.run(plan, cube, CPU)
    steady = np.ones(theirs.shape, dtype=bool)
    for price, volume in ((3.0, 1.0), (7 / 5, 1.0), (1.0, 3.0)):
        other = as_cube(week, price, volume)
        assert other is not None
        steady &= np.isclose(loop.run(plan, other, CPU), theirs, rtol=1e-9, atol=1e-12, equal_nan=True)
    ours = matrix.run(plan, cube, CPU)
    assert not np.isinf(ours).any()
    assert_agree(plan, ours, theirs, "matrix", among=steady)


@pytest.mark.parametrize("engine", ["loop", "auto"])
@pytest.mark.parametrize("market", ["mean", "amount", "bars"])
def test_engines_agree_on_a_simulated_market(engine: str, market: str) -> None:
    chosen: Any = BARS[BARS.symbol == BARS.groupby("symbol").size().idxmax()] if market == "bars" else market
    ours, theirs = compute(market=chosen), compute(market=chosen, engine=engine)
    for f in ALL:
        np.testing.assert_allclose(ours[f.name], theirs[f.name], rtol=1e-9, atol=1e-12, err_msg=f.name)
    assert ours["realized_beta"].notna().sum() > 40


def test_few_days_hang_on_the_last_bit() -> None:
    prices = ["open", "high", "low", "close", "amount"]
    found = compute(
        BARS.assign(**{name: BARS[name] * 3 for name in prices}), schema=factors.Schema(volume_unit=1, amount_unit=1)
    )
    np.testing.assert_allclose(found, compute(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("size", [1, 100])
def test_chunks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, whole: pd.DataFrame, size: int) -> None:
    monkeypatch.setattr(import_module("factors.inputs.stream"), "CHUNK", size * 24 * 240 * 6 * 8)
    monkeypatch.setattr(import_module("factors.engine.matrix.across"), "_ROWS", 8)
    for threads in (1, 2):
        pd.testing.assert_frame_equal(compute(threads=threads), whole, rtol=1e-12, atol=1e-15)


def test_the_order_of_the_stocks_does_not_matter(whole: pd.DataFrame) -> None:
    names = sorted(BARS.symbol.unique())
    turned = dict(zip(names, reversed(names), strict=True))
    found = compute(BARS.assign(symbol=BARS.symbol.map(turned)))
    found = found.rename(index=turned, level="symbol").sort_index()
    np.testing.assert_allclose(found, whole, rtol=1e-9, atol=1e-12)


def test_a_stock_that_did_not_trade_is_no_part_of_the_market(whole: pd.DataFrame) -> None:
    """Delivered as flat bars, or not at all: the others stay as they are."""
    one = BARS[BARS.symbol == BARS.symbol.iloc[0]]
    flat = one.assign(symbol="999999.XSHG", volume=0, amount=0.0, open=10.0, high=10.0, low=10.0, close=10.0)
    found = compute(pd.concat([BARS, flat]))
    assert found.xs("999999.XSHG", level="symbol").isna().all(axis=None)
    pd.testing.assert_frame_equal(found.loc[whole.index], whole, rtol=1e-12, atol=1e-15)


def test_against_pandas(whole: pd.DataFrame) -> None:
    date = BARS.datetime.dt.normalize().max()
    day = BARS[BARS.datetime.dt.normalize() == date]
    some = day[day.volume > 0]  # the others are as if they were absent
    wide = {
        f: some.pivot(index="symbol", columns="datetime", values=f).reindex(
            index=sorted(day.symbol.unique()), columns=sorted(day.datetime.unique())
        )
        for f in ("open", "close", "volume", "amount")
    }
    for name in ("volume", "amount"):
        wide[name] = wide[name].fillna(0).where(wide["close"].ffill(axis=1).notna())
    close = wide["close"].ffill(axis=1)
    traded = wide["volume"].sum(axis=1) > 0
    enough = (wide["volume"] > 0).sum(axis=1) >= 30
    logs = np.log(close / close.shift(axis=1))
    market = logs[traded].mean()
    found = whole.xs(date, level="date")
    beta = (logs * market).sum(axis=1) / (logs.notna() * market**2).sum(axis=1)
    pd.testing.assert_series_equal(found["realized_beta"], beta.where(enough & traded), check_names=False, rtol=1e-9)
    rest = (logs**2).sum(axis=1) - beta**2 * (logs.notna() * market**2).sum(axis=1)
    pd.testing.assert_series_equal(
        found["realized_idio_var"], rest.where(enough & traded), check_names=False, rtol=1e-7
    )
    before = sum(wide["volume"].shift(k, axis=1) for k in range(1, 11))
    surprise = (wide["volume"] / (before / 10)).where(before > 0)[traded]
    ranks = surprise.rank(axis=0) / surprise.notna().sum()
    u = ranks.where(surprise.notna())
    centred = u.sub(u.mean(axis=1), axis=0)
    kurt = (centred**4).mean(axis=1) / (centred**2).mean(axis=1) ** 2
    patv = (u.mean(axis=1) / u.std(axis=1, ddof=0) + kurt).reindex(found.index)
    forty = (wide["volume"] > 0).sum(axis=1) >= 40
    np.testing.assert_allclose(found["patv"], patv.where(forty), rtol=1e-6)  # ties of v that pandas' division parts
    first = wide["open"].where(close.shift(axis=1).isna() & close.notna())
    returns = close / close.shift(axis=1).fillna(first) - 1
    spread = returns[traded].std(ddof=0)
    calm = wide["amount"][traded].loc[:, spread < spread.mean()]
    crowd = calm.T.corr().abs()
    crowd = crowd.mask(np.eye(len(crowd), dtype=bool))
    expected = crowd.mean(axis=1).reindex(found.index).where(enough)
    np.testing.assert_allclose(found["lonely_goose"], expected, rtol=1e-9)
    daily = found["return_daily"]
    panic = (daily - daily.mean()).abs() / (daily.abs() + abs(daily.mean()) + 0.1)
    np.testing.assert_allclose(found["panic_core"], panic, rtol=1e-9)
    fits = factors.compute(day, ["vol_diff_f", "vol_diff_intercept_t"]).xs(date, level="date")
    sign = np.where(fits["vol_diff_f"] < fits["vol_diff_f"].mean(), -1, 1)
    expected = (fits["vol_diff_intercept_t"].abs() * sign).where(fits["vol_diff_f"].notna())
    np.testing.assert_allclose(found["vol_diff_intercept"], expected, rtol=1e-6)


def test_the_auction() -> None:
    minutes = pd.date_range("2026-01-05 09:31", periods=120, freq="min")
    day = pd.concat([minutes.to_series(), pd.date_range("2026-01-05 13:01", periods=120, freq="min").to_series()])
    bars = pd.DataFrame({"datetime": day, "close": 10.0, "volume": 100}).assign(symbol="A")
    auction = pd.DataFrame(
        {"datetime": [pd.Timestamp("2026-01-05 09:25")], "close": 10.0, "volume": 8000, "symbol": "A"}
    )
    both = pd.concat([auction, bars, bars.assign(symbol="B")])
    for engine in ("matrix", "loop", "auto"):
        found = compute(both, ["volume_open_auction_ratio"], session="XSHG", label="right", engine=engine)
        assert found.iloc[:, 0].tolist() == [pytest.approx(0.25), pytest.approx(np.nan, nan_ok=True)]


def test_a_given_market_is_that_security() -> None:
    name = BARS.groupby("symbol").size().idxmax()
    index = BARS[BARS.symbol == name]
    found = compute(market=index, names=["realized_beta", "realized_idio_var", "panic_core"])
    own = found.xs(name, level="symbol")
    np.testing.assert_allclose(own["realized_beta"], 1.0)
    np.testing.assert_allclose(own["realized_idio_var"], 0.0, atol=1e-25)
    np.testing.assert_allclose(own["panic_core"].iloc[1:], 0.0)
    about = found.attrs["minute_factors"]["market"]
    assert about["symbol"] == name
    assert len(about["sha256"]) == 64
    assert compute(names=["realized_beta"]).attrs["minute_factors"]["market"] == "mean"
    assert compute(names=["realized_beta"], market="amount").attrs["minute_factors"]["market"] == "amount"
    assert "market" not in compute(names=["VP"], market="amount").attrs["minute_factors"]
    late = compute(
        market=index[index.datetime.dt.normalize() > index.datetime.min().normalize()], names=["realized_beta"]
    )
    first = late.index.get_level_values("date") == late.index.get_level_values("date").min()
    assert late[first].isna().all(axis=None)
    assert late[~first].notna().any(axis=None)


def test_a_market_by_amounts() -> None:
    date = BARS.datetime.dt.normalize().max()
    day = BARS[(BARS.datetime.dt.normalize() == date) & (BARS.volume > 0)]
    close = day.pivot(index="symbol", columns="datetime", values="close").ffill(axis=1)
    logs = np.log(close / close.shift(axis=1))
    amount = day.groupby("symbol").amount.sum()
    logs, amount = logs[amount > 0], amount[amount > 0]
    market = logs.mul(amount, axis=0).sum() / logs.notna().mul(amount, axis=0).sum()
    beta = (logs * market).sum(axis=1) / (logs.notna() * market**2).sum(axis=1)
    found = compute(day, ["realized_beta"], market="amount").xs(date, level="date")["realized_beta"].dropna()
    np.testing.assert_allclose(found, beta.reindex(found.index), rtol=1e-9)


def test_on_a_device_of_its_own(whole: pd.DataFrame) -> None:
    """What a stock-day reads beyond itself is made on the host and reaches the device with the rest."""
    pytest.importorskip("array_api_strict", reason="array-api-strict is not installed (extra 'test')")
    from tests.support.devices.strict import StrictBackend

    found = compute(backend=StrictBackend())
    for f in ALL:
        np.testing.assert_allclose(found[f.name], whole[f.name], rtol=1e-9, atol=1e-12, err_msg=f.name)
    week = factors.simulate_bars(stocks=9, days=6, kinds={})
    one, other = (compute(week, "trend_capital_vwap_gap", backend=b) for b in ("cpu", StrictBackend()))
    assert one.notna().sum().item() == 9
    pd.testing.assert_frame_equal(one, other, rtol=1e-9, atol=1e-12)


def test_wrong_markets() -> None:
    with pytest.raises(InputError, match="market, which is 'mean', 'amount' or minute bars of one security: men: no"):
        compute(market="men")
    with pytest.raises(ArgumentError, match="market=None is not one of 'mean', 'amount'"):
        compute(market=None)
    with pytest.raises(ArgumentError, match="bars of one security are wanted, not of 2[0-9]"):
        compute(market=BARS)
    with pytest.raises(MissingFieldError, match="market='amount' weights the stocks"), pytest.warns():
        compute(BARS.drop(columns="amount"), ["realized_beta", "patv", "VP", "lonely_goose"], market="amount")
    one = factors.simulate_bars(stocks=1, days=3, session="XNYS", kinds={}, start=str(BARS.datetime.min())[:10])
    with pytest.raises(InputError, match="has 390 minutes .*, the stocks' day 240"):
        compute(market=factors.cube(one, session="XNYS"))


def test_across_definitions_of_a_users_own() -> None:
    @across
    def market_volume(volume):
        """Volume of the market by minute."""
        return over.mean(volume)

    @across
    def busiest(market_volume, minute):
        """Of an across: the minute in which the market trades most."""
        return m.first(minute, market_volume == m.max(market_volume))[:1]

    @factors.factor
    def volume_with_market(volume, market_volume):
        """Correlation with the market's volume."""
        return m.corr(volume, market_volume)

    @factors.factor
    def busiest_minute(busiest):
        """The same for all."""
        return busiest

    found = factors.compute(BARS, [volume_with_market, busiest_minute])
    day = found.loc[found.index[-1][0]].dropna()
    assert day["busiest_minute"].nunique() == 1
    assert (day["volume_with_market"] > 0).mean() > 0.5
    plan = factors.explain([volume_with_market, busiest_minute])
    assert "market_volume       across" in str(plan)
    assert "2 of 2 factors, in 3 stages" in str(plan)

    @across
    def wrong(close):
        """Three rows."""
        return close[:3]

    @factors.factor
    def reads_wrong(wrong):
        """Reads it."""
        return m.mean(wrong)

    with pytest.raises(DefinitionError, match="across 'wrong' .* must return a series or value of the"):
        factors.compute(BARS, reads_wrong)

    @across
    def failing(close):
        """Fails."""
        return close / None

    @factors.factor
    def reads_failing(failing):
        """Reads it."""
        return m.mean(failing)

    with pytest.raises(DefinitionError, match="across 'failing' .* failed: TypeError"):
        factors.compute(BARS, reads_failing)


def test_a_stock_alone_is_its_market() -> None:
    one = BARS[BARS.symbol == BARS.groupby("symbol").size().idxmax()]
    for engine in ("matrix", "loop"):
        found = compute(one, engine=engine)
        np.testing.assert_allclose(found["realized_beta"], 1.0)
        assert found[["patv", "lonely_goose"]].isna().all(axis=None)


def test_the_command_line_takes_a_market(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from factors.cli import app

    BARS.to_parquet(tmp_path / "bars.parquet")
    index = BARS[BARS.symbol == BARS.groupby("symbol").size().idxmax()]
    index.to_parquet(tmp_path / "index.parquet")
    arguments = ["compute", str(tmp_path / "bars.parquet"), "--factors", "realized_beta"]
    arguments += ["--market", str(tmp_path / "index.parquet"), "--output", str(tmp_path / "out.parquet")]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    found = pd.read_parquet(tmp_path / "out.parquet")["realized_beta"]
    np.testing.assert_allclose(found, compute(market=index, names=["realized_beta"])["realized_beta"], rtol=1e-9)


def test_check_factor_knows_what_is_around_a_stock_day() -> None:
    for name in NAMES:
        if name not in ("trend_capital_vwap_gap", "volume_open_auction_ratio"):
            assert factors.check_factor(name, bars=BARS).compared > 60
    assert factors.check_factor("return_daily", lambda close, pre_close: close[-1] / pre_close - 1, BARS).missing < 40


def test_plans_leave_out_what_is_only_read_across() -> None:
    plan = make_plan(resolve("patv").values())
    assert [s.name for s in plan.rest(())] == ["patv"]
    assert [s.name for s in plan.below(plan.across[0])] == ["volume_surprise"]
    assert plan.fields == ("volume",)
    cube = factors.cube(BARS)
    notes: dict[str, str] = {}
    fused.run(make_plan(ALL, FIELDS), cube, CPU, notes=notes)
    assert not notes
    assert isinstance(ALL[0], Factor)
    assert open_market("amount").how == "amount"
    assert "past_volume" in ExternalInputs(cube, open_market("mean"))
