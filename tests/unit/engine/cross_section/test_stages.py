"""What stock-days read beyond themselves, on the fused engine: stages and what crosses between them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import factors
from factors import across, backends, factor, shared
from factors import ops as m
from factors.common.buffers import BufferPool
from factors.engine.cross_section import correlation, passes, series
from factors.engine.cross_section import exchange as between
from factors.engine.fused import fusion as fusing
from factors.engine.fused import run as fused
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import make_plan
from factors.errors import DefinitionError
from factors.library.cross_section.neighbours_shared import usual
from factors.ops import across as over
from tests.support.agreement import assert_agree
from tests.support.bars.real import bars_of, quietly
from tests.support.neighbours import ALL, NAMES, as_cube, weeks
from tests.support.strategies import SESSIONS, Market, stock_days

pytestmark = pytest.mark.usefixtures("needs_compiler")

KINDS = {"thin": 0.1, "gappy": 0.1, "halted": 0.1, "late": 0.2, "suspended": 0.1}
BARS = factors.simulate_bars(stocks=90, days=7, kinds=KINDS, seed=5)
CPU = backends.get("cpu")


def both(bars: Any, wanted: Any, **options: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what the fused engine gives, which left nothing to the matrices, and what these give."""
    ours = factors.compute(bars, wanted, engine="fused", **options)
    assert "on_matrix" not in ours.attrs["minute_factors"], ours.attrs["minute_factors"]["on_matrix"]
    return ours, factors.compute(bars, wanted, engine="matrix", **options)


def assert_equal(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    assert_agree(make_plan(ALL), ours[NAMES].to_numpy(), theirs[NAMES].to_numpy(), "fused against the matrices")


_BY_MATRIX: dict[str, pd.DataFrame] = {}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("market", ["mean", "amount", "bars"])
def test_equal_to_the_matrices(market: str, threads: int) -> None:
    chosen: Any = BARS[BARS.symbol == BARS.groupby("symbol").size().idxmax()] if market == "bars" else market
    ours = factors.compute(BARS, NAMES, engine="fused", market=chosen, threads=threads)
    assert "on_matrix" not in ours.attrs["minute_factors"]
    if market not in _BY_MATRIX:
        _BY_MATRIX[market] = factors.compute(BARS, NAMES, engine="matrix", market=chosen)
    assert_equal(ours, _BY_MATRIX[market])
    assert (ours.drop(columns="volume_open_auction_ratio").notna().sum() > 60).all()


def test_the_auction_is_given() -> None:
    cube = factors.cube(BARS)
    cube.auction_volume[:] = np.arange(cube.auction_volume.size).reshape(cube.auction_volume.shape)
    ours, theirs = both(cube, NAMES)
    assert_equal(ours, theirs)
    assert ours["volume_open_auction_ratio"].nunique() > 100


@lru_cache(maxsize=1)
def by_matrix() -> pd.DataFrame:
    return factors.compute(BARS, NAMES, engine="matrix")


@pytest.mark.parametrize("days", [1, 3, 100])
def test_threads_and_room_change_no_bit(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Parts as small as those of a large market, and a buffer for fewer days than there are, used again."""
    for module, name, size in ((passes, "BLOCKS", 3), (series, "MINUTES", 7), (correlation, "PANELS", 1)):
        monkeypatch.setattr(module, name, size)
    one = factors.compute(BARS, NAMES, engine="fused", threads=1)
    assert_equal(one, by_matrix())
    monkeypatch.setattr(between, "ROOM", days * 12 * 8 * 8 * 4 * 240)  # 12 blocks of 4 series
    monkeypatch.setattr(between, "BUFFERS", BufferPool(between.BUFFERS.limit_bytes))
    for cube in (factors.cube(BARS), BARS):
        two = factors.compute(cube, NAMES, engine="fused", threads=2)
        pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert len(between.BUFFERS) == 1


@settings(max_examples=max(settings.default.max_examples // 5, 1))
@given(week=weeks())
def test_equal_on_any_market(week: list[Market]) -> None:
    check_on(week)


def check_on(week: list[Market]) -> None:
    """Compare where nothing hangs on the last bit: there other units of price and volume change nothing."""
    cube = as_cube(week)
    if cube is None:
        return
    plan = make_plan(ALL, cube.fields)
    theirs = matrix.run(plan, cube, CPU)
    steady = np.ones(theirs.shape, dtype=bool)
    for price, volume in ((3.0, 1.0), (7 / 5, 1.0), (1.0, 3.0)):
        other = as_cube(week, price, volume)
        assert other is not None
        steady &= np.isclose(matrix.run(plan, other, CPU), theirs, rtol=1e-9, atol=1e-12, equal_nan=True)
    notes: dict[str, str] = {}
    ours = fused.run(plan, cube, CPU, notes=notes)
    assert not notes
    assert_agree(plan, ours, theirs, "fused against the matrices", among=steady)


@pytest.mark.parametrize("folder", ["us_1min_24_symbols", "cn_1min_joinquant", "cn_1min_from_ticks_thin"])
def test_equal_on_real_bars(real_bars: Path, folder: str) -> None:
    bars = bars_of(real_bars / folder)
    days = sorted(bars.datetime.dt.normalize().unique())
    bars = bars[bars.datetime.dt.normalize().isin(days[:8])]
    ours, theirs = quietly(bars, NAMES, engine="fused"), quietly(bars, NAMES, engine="matrix")
    assert "on_matrix" not in ours.attrs["minute_factors"]
    assert_equal(ours, theirs)
    assert ours["realized_beta"].notna().any()


@settings(max_examples=max(settings.default.max_examples // 6, 1))
@given(data=st.data())
def test_days_of_several_sessions(data: st.DataObject) -> None:
    """Each session has its own texts; the day before, and the five before, may be of another."""
    week = []
    for name in data.draw(st.lists(st.sampled_from(["lunch64", "through45"]), min_size=2, max_size=8)):
        kinds = data.draw(st.lists(stock_days(SESSIONS[name].minutes), min_size=3, max_size=3))
        week.append(Market(SESSIONS[name], {f"S{k}": bars for k, bars in enumerate(kinds)}))
    check_on(week)


def test_texts_of_nothing_given_stay_as_they_were() -> None:
    fields = ("open", "high", "low", "close", "volume", "amount", "trades")
    session = factors.Session.of("XSHG")
    (alone,) = fusing.stages(make_plan([factors.describe("VP").factor]), session, fields)
    assert "GIVEN" not in alone.text
    first, second = fusing.stages(make_plan(ALL), session, fields)
    assert (len(first.names), len(second.names)) == (4, 6)
    assert not first.refused | second.refused
    plan = str(factors.explain(NAMES))
    assert "10 of 10 factors, in 2 stages" in plan
    assert "matrix" not in plan


# A series given to a stage is read like a field, a profile like a series, a value like a value.
def test_all_that_reads_what_is_given() -> None:
    @across
    def market_volume(volume):
        """Profile."""
        return over.mean(volume)

    @across
    def volume_rank(volume):
        """Series."""
        return over.rank(volume)

    @across
    def size(volume):
        """Value per stock."""
        return over.rank(m.sum(volume)) * 1.0

    @across
    def busiest(market_volume, minute):
        """One value for all, of an across."""
        return m.first(minute, market_volume == m.max(market_volume))[:1]

    @across
    def over_rank(volume_rank, up_minutes, traded, session):
        """Series of a series, masks and the session."""
        assert up_minutes.dtype == traded.dtype == bool
        return np.where(up_minutes & traded, volume_rank, np.nan) * session.minutes

    @shared
    def up_minutes(close, open):
        """A mask."""
        return close > open

    @factor
    def lags(volume_rank, market_volume):
        """Offsets of both."""
        return m.corr(m.lag(volume_rank, 2), m.lead(market_volume, 3))

    @factor
    def sorts(volume_rank, market_volume):
        """Calls on both."""
        return m.quantile(volume_rank, 0.3) + m.quantile(market_volume, 0.6)

    @factor
    def windows(volume_rank, market_volume, close):
        """Windows, running values, single minutes."""
        part = m.between(volume_rank, 30, 90)
        return m.mean(part) + m.at(market_volume, 5) + m.last(m.cummax(market_volume)) + m.skew(m.tail(close, 9))

    @factor
    def values(size, busiest, close):
        """Values alone, and beside a series."""
        return size * busiest + m.mean(m.where(close > m.mean(close) + size / 100, close))

    @factor
    def again(over_rank, busiest, minute, up_minutes):
        """The last stage's, with a mask that the first made."""
        return m.mean(m.where(up_minutes & (minute < busiest), over_rank)) + m.count(over_rank)

    @factor
    def itself(busiest):
        """Nothing but what is given."""
        return busiest

    ours, theirs = both(BARS, [lags, sorts, windows, values, again, itself])
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    assert (ours.notna().sum() > 300).all()


def test_other_shapes_than_in_the_trial() -> None:
    """A body whose result depends on how many stocks there are is right, if slow."""

    @across
    def fickle(volume):
        """One row of few, a series of many."""
        return volume * 2.0 if len(volume) > 50 else over.mean(volume)

    @across
    def fails_in_trial(volume):
        """Needs some stocks."""
        assert len(volume) > 50
        return over.mean(volume)

    @factor
    def reads_fickle(fickle):
        """Reads it."""
        return m.mean(fickle)

    @factor
    def reads_failing(fails_in_trial):
        """Reads it."""
        return m.mean(fails_in_trial)

    few = BARS[BARS.symbol.isin(sorted(BARS.symbol.unique())[:20])]
    names = [reads_fickle, "realized_beta", "VP"]
    for bars, left in ((few, set()), (BARS, {"reads_fickle"})):
        ours = factors.compute(bars, names, engine="fused")
        assert set(ours.attrs["minute_factors"].get("on_matrix", ())) == left
        pd.testing.assert_frame_equal(ours, factors.compute(bars, names, engine="matrix"), rtol=1e-9, atol=1e-12)
    ours = factors.compute(BARS, [reads_failing, "patv"], engine="fused")
    assert ours.attrs["minute_factors"]["on_matrix"] == {
        "reads_failing": "fails_in_trial is made of all the day's stocks"
    }
    pd.testing.assert_frame_equal(ours, factors.compute(BARS, [reads_failing, "patv"], engine="matrix"), rtol=1e-9)


def test_what_a_session_does_not_have() -> None:
    @across
    def late_volume(volume):
        """Beyond most sessions."""
        return over.mean(m.between(volume, 300, 330))

    @factor
    def reads_late(late_volume):
        """Absent with it."""
        return m.mean(late_volume)

    ours, theirs = both(BARS, [reads_late, "patv"])
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-9, atol=1e-12)
    assert ours["reads_late"].isna().all()


def test_bodies_that_fail_or_write() -> None:
    @across
    def writes(volume):
        """Edits its input."""
        volume[:] = 0.0
        return over.mean(volume)

    @factor
    def reads_writes(writes):
        """Reads it."""
        return m.mean(writes)

    for engine in ("matrix", "fused"):
        with pytest.raises(DefinitionError, match="across 'writes' .* failed: ValueError"):
            factors.compute(BARS, [reads_writes], engine=engine)


@pytest.mark.parametrize("stocks", [50, 60])
def test_memory_goes_back_when_a_step_fails(monkeypatch: pytest.MonkeyPatch, stocks: int) -> None:
    """Of 50 stocks the step is of another shape than expected, of 60 its body fails."""

    @across
    def fickle(volume):
        """A series of few stocks, values of 50, and nothing of 60."""
        assert len(volume) < 55
        return volume * 2.0 if len(volume) < 20 else m.sum(volume)

    @factor
    def reads_fickle(fickle):
        """Reads it."""
        return m.mean(fickle)

    bars = factors.simulate_bars(stocks=stocks, days=1, kinds={}, seed=2)
    pool, did = BufferPool(between.BUFFERS.limit_bytes), list[str]()
    take, give = pool.take, pool.give
    monkeypatch.setattr(pool, "take", lambda size: (did.append("take"), take(size))[1])
    monkeypatch.setattr(pool, "give", lambda array: (did.append("give"), give(array))[1])
    monkeypatch.setattr(between, "BUFFERS", pool)
    if stocks == 60:
        with pytest.raises(DefinitionError, match="across 'fickle' .* failed: AssertionError"):
            factors.compute(bars, [reads_fickle], engine="fused")
    else:
        on_matrix = factors.compute(bars, [reads_fickle], engine="fused").attrs["minute_factors"]["on_matrix"]
        assert set(on_matrix) == {"reads_fickle"}
    assert did == ["take", "give"] * (len(did) // 2)
    assert did


def test_over_the_stocks_is_no_verb_of_a_factor() -> None:
    @factor
    def wrong(volume):
        """Mean over stocks inside a factor: runs on tiles, so it is refused where it would fuse."""
        return m.mean(volume) + over.mean(volume)[:, :1]

    found = fusing.fuse(make_plan([wrong]), factors.Session.of("XSHG"), ("close", "volume"))
    assert found.refused == {"wrong": "m.across.mean does not fuse"}


def test_days_before_are_fused_for_their_quantile_only() -> None:
    @factor(history=2)
    def last_close_before(past_close):
        """Another use of them."""
        return m.last(past_close)

    @factor(history=2)
    def highest_before(past_high):
        """And another."""
        return m.max(past_high * 2)

    @factor(history=2)
    def usual_volume(past_volume, volume):
        """The library's function."""
        return m.mean(volume) / usual(past_volume, "1/2", 2)

    wanted = [last_close_before, highest_before, usual_volume]
    ours = factors.compute(BARS, wanted, engine="fused")
    assert ours.attrs["minute_factors"]["on_matrix"] == {
        "last_close_before": "past_close is not among the day's own bars",
        "highest_before": "past_high is not among the day's own bars",
    }
    theirs = factors.compute(BARS, wanted, engine="matrix")
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-9, atol=1e-12)
    assert ours["usual_volume"].notna().sum() > 200


def test_a_variant_of_a_factor_asks_for_its_own_quantile() -> None:
    one = factors.describe("trend_capital_vwap_gap").factor
    other = replace(one, name="other", params={"q": "1/2"})
    ours, theirs = both(BARS, [one, other])
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-9, atol=1e-12)
    assert not np.allclose(ours["other"], ours[one.name], equal_nan=True)
