"""What holds of every factor whatever its formula: units, order, other stocks, other days, missing things."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import factors
from factors.catalogue import resolve
from factors.data.calendar.session import Session, get_session
from factors.engine import loop
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import field_inputs, make_plan
from factors.errors import MissingFieldWarning
from tests.golden.stock_days.special import LOCKED, SPECIAL
from tests.golden.stock_days.tools import Case
from tests.support.agreement import EXACT, UNITS, agree, all_agree, scale_of
from tests.support.discovery import discover
from tests.support.engines import ENGINES, possible
from tests.support.neighbours import OF_OTHERS
from tests.support.profile import thorough
from tests.support.strategies import Market, markets

ALL = resolve("all")
SELDOM: dict[str, str] = {
    "return_overnight": "there is no day before the first",
    "return_daily": "there is no day before the first",
    "panic_core": "there is no day before the first",
    "trend_capital_vwap_gap": "there are no five days before",
    "volume_open_auction_ratio": "no auction bar is delivered",
    "dp_up_autocorr": "fewer than five pairs, or all of one tick",
    "dp_down_autocorr": "fewer than five pairs, or all of one tick",
    "return_outlier_sum": "half of the returns are equal, so their deviation has the median 0",
    "row_var": "half of the returns are equal, so the smallest variance of a half is 0",
    "tide_weak": "the volume is often at its peak at the open or the close, with no ebb on the other side",
}
"""Factors that an ordinary stock-day may lack, with the reason."""
KINDS = {"thin": 0.1, "gappy": 0.1, "limit_up": 0.1, "halted": 0.1, "late": 0.1}


@lru_cache(maxsize=1)
def bars() -> pd.DataFrame:
    """Two days of forty stocks of all kinds."""
    return factors.simulate_bars(stocks=40, days=2, kinds=KINDS, seed=21)


def compute(bars: pd.DataFrame, session: str | Session = "XSHG") -> pd.DataFrame:
    """All factors of such bars on the matrix engine."""
    return factors.compute(bars, "all", engine="matrix", session=session, schema=UNITS)


@lru_cache(maxsize=1)
def whole() -> pd.DataFrame:
    return compute(bars())


def differing(ours: pd.DataFrame, theirs: pd.DataFrame) -> dict[str, float]:
    """Share of the stock-days on which each factor differs, where any does."""
    assert ours.index.equals(theirs.index)
    near = all_agree(list(ALL.values()), ours[list(ALL)].to_numpy(), theirs[list(ALL)].to_numpy())
    return {name: float(1 - share) for name, share in zip(ALL, near.mean(axis=0), strict=True) if share < 1}


@pytest.mark.parametrize(("price", "volume"), [(2, 1), (1, 2), (3, 1)])
def test_units_of_price_and_volume(price: int, volume: int) -> None:
    other = bars().copy()
    other[["open", "high", "low", "close"]] *= price
    other["volume"] *= volume
    other["amount"] *= price * volume
    found = compute(other)
    for name, f in ALL.items():
        by = None if price == 3 and name in EXACT else scale_of(f, price, volume)
        found[name] = whole()[name] if by is None else found[name] / by
    wrong = differing(found, whole())
    allowed = 0.0 if price != 3 else 0.01  # twice is exact in floats; three times may turn the order of computed keys
    assert {name: share for name, share in wrong.items() if share > allowed} == {}


def test_the_order_of_the_stocks_does_not_matter() -> None:
    names = sorted(bars().symbol.unique())
    turned = dict(zip(names, reversed(names), strict=True))
    found = compute(bars().assign(symbol=bars().symbol.map(turned)))
    found = found.rename(index=turned, level="symbol").sort_index()
    assert differing(found, whole()) == {}


def test_other_stocks_do_not_matter() -> None:
    some = sorted(bars().symbol.unique())[::3]
    found = compute(bars()[bars().symbol.isin(some)])
    wrong = differing(found, whole().loc[found.index])
    assert set(wrong) <= OF_OTHERS


def test_other_days_do_not_matter() -> None:
    days = bars().datetime.dt.normalize()
    found = pd.concat([compute(bars()[days == day]) for day in sorted(days.unique())])
    wrong = differing(found, whole())
    assert {name for name in wrong if not ALL[name].history} == set()
    first = found.index.get_level_values("date") == days.min()
    assert differing(found[first], whole()[first]) == {}


def test_a_flat_bar_without_volume_is_no_bar() -> None:
    before = bars().groupby(["symbol", bars().datetime.dt.normalize()]).close.shift()
    prices = bars()[["open", "high", "low", "close"]]
    flat = (bars().volume == 0) & prices.eq(before, axis=0).all(axis=1)
    assert flat.sum() > 100
    assert differing(compute(bars()[~flat]), whole()) == {}


@pytest.mark.parametrize("engine", ["matrix", "auto"])
def test_bars_without_volume_change_nothing(engine: str) -> None:
    """Wherever they stand, before the first traded one, between and behind, and as an auction, at whatever price."""
    random = np.random.default_rng(1)
    minute = bars().groupby(["symbol", bars().datetime.dt.normalize()]).cumcount()
    empty = (random.random(len(bars())) < 0.1) | (minute < random.integers(0, 9, len(bars())))
    moved = bars().assign(**dict.fromkeys(("volume", "amount", "trades"), 0))
    prices = ["open", "high", "low", "close"]
    moved[prices] = moved[prices].mul(random.uniform(0.9, 1.1, len(moved)), axis=0).round(2)
    auction = moved[moved.datetime.dt.strftime("%H:%M") == "09:31"]
    auction = auction.assign(datetime=auction.datetime - pd.Timedelta(minutes=6))
    with_them = pd.concat([bars()[~empty], moved[empty], auction])
    without = bars()[~empty & (bars().volume > 0)]
    found, expected = (
        factors.compute(some, "all", engine=engine, session="XSHG", schema=UNITS) for some in (with_them, without)
    )
    assert found.drop(expected.index).isna().all(axis=None)
    pd.testing.assert_frame_equal(found.loc[expected.index], expected, rtol=1e-12, atol=1e-12)
    assert expected.notna().sum().sum() > 15_000


@given(market=markets())
def test_bars_without_volume_change_nothing_on_any_day(market: Market) -> None:
    """Of stocks that traded; of the others there is nothing anyway."""
    stocks = {}
    for name, fields in market.stocks.items():
        empty = ~((fields["volume"] > 0) & np.isfinite(fields["volume"]))
        empty &= (np.where(empty, 0.0, fields["volume"]) * (fields["close"] > 0) > 0).any()
        stocks[name] = {field: np.where(empty, np.nan, values) for field, values in fields.items()}
    cubes = market.cube(), Market(market.session, stocks).cube()
    np.testing.assert_array_equal(cubes[0].storage, cubes[1].storage)
    plan = make_plan(list(ALL.values()), cubes[0].fields)
    cpu = factors.backends.get("cpu")
    found, expected = (matrix.run(plan, cube, cpu) for cube in cubes)
    np.testing.assert_array_equal(found, expected)


def test_no_infinity() -> None:
    assert not np.isinf(whole().to_numpy()).any()


@pytest.mark.parametrize("field", ["open", "high", "low", "volume", "amount", "trades"])
def test_without_a_field_what_lists_it_is_nan(field: str) -> None:
    with pytest.warns(MissingFieldWarning, match=f"the input has no {field}"):
        found = compute(bars().drop(columns=field))
    readers = {name for name, f in ALL.items() if field in field_inputs(f)}
    assert {name for name in readers if found[name].notna().any()} == set()
    if field != "volume":  # it says which bars were traded, too
        assert set(differing(found, whole())) <= readers


@pytest.mark.parametrize(
    "session",
    [
        get_session("XNYS"),
        get_session("XHKG").half_day(),
        Session("twenty", "UTC", ((570, 580), (660, 670))),
        Session("one", "UTC", ((570, 571),)),
    ],
    ids=lambda session: session.name,
)
def test_other_sessions(session: Session) -> None:
    own = factors.simulate_bars(stocks=6 if thorough() else 4, kinds={}, session=session)
    cube = factors.cube(own, session=session, schema=UNITS)
    plan = make_plan(list(ALL.values()))
    cpu = factors.backends.get("cpu")
    ours, theirs = matrix.run(plan, cube, cpu), loop.run(plan, cube, cpu)
    wrong = [f.name for i, f in enumerate(plan.factors) if not agree(f, ours[..., i], theirs[..., i]).all()]
    assert wrong == []


@pytest.mark.parametrize("case", SPECIAL, ids=[case.name for case in SPECIAL])
@pytest.mark.parametrize("engine", ["matrix", "auto"])
def test_engines_agree_on_degenerate_days(engine: str, case: Case) -> None:
    names = possible(case)
    ours, theirs = ENGINES[engine](case, names), ENGINES["loops"](case, names)
    assert {n: (ours[n], theirs[n]) for n in names if not agree(ALL[n], ours[n], theirs[n])} == {}


def test_what_exists_on_a_day_at_one_price() -> None:
    core = {name for name, value in LOCKED.expected.items() if not math.isnan(value)}
    expected = core.union(*discover("tests.independent", "LOCKED"))
    found = ENGINES["matrix"](LOCKED, list(ALL))
    assert {name for name, value in found.items() if not math.isnan(value)} == expected


def test_ordinary_stock_days_have_values() -> None:
    found = compute(factors.simulate_bars(stocks=300, kinds={}, seed=5))
    missing = found.isna().mean()
    assert {name: share for name, share in missing.items() if share > 0.01 and name not in SELDOM} == {}


def test_a_day_without_bars_is_nan() -> None:
    empty = Market(Session("s", "UTC", ((570, 630),)), {
        "A": {"close": np.full(60, np.nan), "volume": np.full(60, np.nan)},
        "B": {"close": np.full(60, 10.0), "volume": np.full(60, 100.0)},
    }).cube()  # fmt: skip
    found = matrix.run(make_plan(list(ALL.values()), empty.fields), empty, factors.backends.get("cpu"))
    assert np.isnan(found[~empty.listed]).all()
