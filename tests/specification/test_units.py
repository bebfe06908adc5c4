"""Units of price and volume: yuan or cents, shares or lots, decimals or floats give the same values.

A price with decimals is not the nearest float's multiple of its tick, so in cents what is made of differences moves by
the rounding of a price over its tick: `ROUNDED` allows for that, and no more.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

import factors
from factors import backends
from factors.catalogue import resolve
from factors.common.fields import PRICES
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import Plan, make_plan
from tests.support.agreement import UNITS, agree, scale_of
from tests.support.bars.real import bars_of, quietly
from tests.support.strategies import Market, markets

ALL = resolve("all")
ROUNDED = 1e-7
FIXED = {"path_tortuosity": "a tick of 0.01 stands in its formula"}
"""Factors that follow no law of units, with the reason."""
QUOTIENTS = {
    "rankcorr_pertrade_amount": "ranks A/K: 3021.09/3 and 1007.03/1 tie in cents, and only by chance in yuan",
    "rankcorr_pertrade_close": "the same",
}
"""Factors that compare quotients of amounts as printed, with the reason."""
ROOTS = {"kyle_lambda_sqrt": "the root of twice an amount is not a multiple of its root"}
"""Factors that are not multiplied by a power of two when prices are, but for rounding, with the reason."""
TO_ZERO = {"edge_spread": "the root of what may cancel to 0, whose rounding it makes 1e8 times as large"}
"""Factors that are not compared on any day, with the reason."""
PLANS: dict[tuple[str, ...], Plan] = {}


@lru_cache(maxsize=1)
def bars() -> pd.DataFrame:
    """A day of sixty stocks of all kinds, prices and amounts of two decimals."""
    kinds = {"thin": 0.1, "gappy": 0.1, "limit_up": 0.1, "late": 0.1}
    found = factors.simulate_bars(stocks=60, kinds=kinds, seed=33)
    return found.assign(amount=found.amount.round(2))


def compute(bars: pd.DataFrame, engine: str = "auto", volume_unit: float = 1) -> pd.DataFrame:
    schema = factors.Schema(volume_unit=volume_unit, amount_unit=1)
    return factors.compute(bars, list(ALL), engine=engine, session="XSHG", schema=schema)


def in_cents(x: pd.Series | np.ndarray) -> pd.Series | np.ndarray:
    return np.round(x.astype(np.float64) * 100)  # some files have amounts of 32 bits


def moved(ours: pd.DataFrame, theirs: pd.DataFrame, price: float, volume: float, rtol: float) -> list[str]:
    """Return the factors that are not what the law says."""
    wrong = []
    for name, f in ALL.items():
        by = scale_of(f, price, volume)
        if by is None or name in QUOTIENTS:
            continue
        a, b = ours[name].to_numpy() / by, theirs[name].to_numpy()
        if not agree(f, a, b, rtol=rtol).all():
            wrong.append(name)
    return wrong


def test_what_follows_no_law() -> None:
    assert {name for name, f in ALL.items() if f.scale is None} == set(FIXED)


@pytest.mark.parametrize("engine", ["matrix", "auto"])
def test_yuan_and_cents(engine: str) -> None:
    cents = bars().assign(**{name: in_cents(bars()[name]) for name in (*PRICES, "amount")})
    assert moved(compute(cents, engine), compute(bars(), engine), 100, 1, ROUNDED) == []


@settings(max_examples=max(settings.default.max_examples // 3, 1))
@given(market=markets(most=2))
def test_yuan_and_cents_on_any_day(market: Market) -> None:
    cents = Market(market.session, {
        name: {field: in_cents(x) if field in (*PRICES, "amount") else x for field, x in stock.items()}
        for name, stock in market.stocks.items()
    })  # fmt: skip
    yuan, cpu = market.cube(), backends.get("cpu")
    plan = PLANS.setdefault(yuan.fields, make_plan(list(ALL.values()), yuan.fields))
    ours, theirs = (
        pd.DataFrame(matrix.run(plan, cube, cpu)[0], columns=[f.name for f in plan.factors])
        for cube in (cents.cube(), yuan)
    )
    assert set(moved(ours, theirs, 100, 1, ROUNDED)) <= set(TO_ZERO)


@pytest.mark.parametrize(("price", "volume"), [(4.0, 1.0), (1.0, 0.5), (0.25, 8.0)])
@pytest.mark.parametrize("engine", ["matrix", "auto"])
def test_powers_of_two_move_no_bit(engine: str, price: float, volume: float) -> None:
    other = bars().assign(**{name: bars()[name] * price for name in PRICES}, volume=bars().volume * volume)
    ours, theirs = compute(other.assign(amount=bars().amount * price * volume), engine), compute(bars(), engine)
    for name, f in ALL.items():
        by = scale_of(f, price, volume)
        if by is not None and name not in ROOTS:
            np.testing.assert_array_equal(ours[name].to_numpy() / by, theirs[name].to_numpy(), err_msg=name)


def test_lots_and_shares() -> None:
    whole = bars().assign(volume=100 * np.floor(bars().volume / 100))
    lots = whole.assign(volume=whole.volume / 100)
    pd.testing.assert_frame_equal(compute(lots, volume_unit=100), compute(whole), check_exact=True)


def test_decimals_and_floats() -> None:
    decimals = bars().assign(**{
        name: [Decimal(f"{x:.2f}") for x in bars()[name]] for name in (*PRICES, "amount")
    })  # fmt: skip
    pd.testing.assert_frame_equal(compute(decimals), compute(bars()), check_exact=True)


@pytest.mark.parametrize("folder", ["cn_1min_688001", "cn_1min_000001_201801"])
def test_real_bars_in_yuan_and_cents(real_bars: Path, folder: str) -> None:
    bars = bars_of(real_bars / folder)
    there = [name for name in (*PRICES, "amount") if name in bars]
    cents = bars.assign(**{name: in_cents(bars[name]) for name in there})
    ours, theirs = (quietly(one, list(ALL), session="XSHG", label="right", schema=UNITS) for one in (cents, bars))
    assert moved(ours, theirs, 100, 1, ROUNDED) == []
