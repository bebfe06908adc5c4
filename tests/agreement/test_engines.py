"""Every factor on every engine equals its loop, theme by theme."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

import factors
from factors import backends
from factors.catalogue import resolve
from factors.definitions.decorators import Factor
from factors.engine.fused import run as fused
from factors.engine.loop import stock_day
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import Plan, make_plan
from factors.errors import CompilerError
from factors.loops import LOOPS, loop_of
from factors.toolchain import compiler as compiling
from tests.support.agreement import assert_agree, by_loops
from tests.support.profile import thorough
from tests.support.strategies import FIELDS, Market, markets

ALL = list(resolve("all").values())
THEMES = sorted({Path(f.file).stem for f in ALL} - {"neighbours"})  # test_neighbours.py has whole markets
FUSED_SESSIONS = ("short20", "lunch64", "lunch130")
"""Sessions that are compiled, with all fields: each theme and session is a text of its own."""
NOT_FUSED: frozenset[str] = frozenset()
"""Factors that run on the matrix engine, and are meant to."""

_PLANS: dict[tuple[str, tuple[str, ...]], Plan] = {}  # what is traced and compiled hangs on the plan

try:
    compiling.compiler()
    COMPILES = True
except CompilerError:
    COMPILES = False


def theme(name: str) -> list[Factor]:
    return [f for f in ALL if Path(f.file).stem == name]


def plan_of(name: str, fields: tuple[str, ...]) -> Plan:
    key = name, fields
    if key not in _PLANS:
        _PLANS[key] = make_plan(theme(name), fields)
    return _PLANS[key]


@pytest.mark.parametrize("name", THEMES)
@settings(max_examples=max(settings.default.max_examples // 4, 1), derandomize=not thorough())  # one set of texts
@given(market=markets(most=2))
def test_engines_equal_the_loops(name: str, market: Market) -> None:
    cube, cpu = market.cube(), backends.get("cpu")
    plan = plan_of(name, cube.fields)
    lunch = market.session.lunch if market.session.has_lunch else None
    shape = (len(cube.symbols), len(plan.factors))
    loops, steady = np.full(shape, np.nan), np.ones(shape, dtype=bool)
    for s, symbol in enumerate(cube.symbols):
        if cube.listed[0, s]:
            values, stays = by_loops(plan.factors, market.stocks[symbol], market.session.minutes, lunch)
            loops[s], steady[s] = list(values.values()), list(stays.values())
    found = matrix.run(plan, cube, cpu)[0]
    assert not np.isinf(found).any()
    assert_agree(plan, found, loops, f"matrix on {market.session}", among=steady)
    if COMPILES and market.session.name in FUSED_SESSIONS and cube.fields == FIELDS:
        notes: dict[str, str] = {}
        found = fused.run(plan, cube, cpu, notes=notes)[0]
        assert set(notes) <= NOT_FUSED, notes
        assert not np.isinf(found).any()
        assert_agree(plan, found, loops, f"fused on {market.session}", among=steady)


def test_ordinary_days_do_not_hang_on_the_last_bit() -> None:
    """The days that `by_loops` leaves out of comparisons are rare: none of these simulated stocks, of any factor."""
    cube = factors.cube(factors.simulate_bars(stocks=40 if thorough() else 6, kinds={}, seed=11))
    left_out: dict[str, int] = {}
    for s in range(len(cube.symbols)):
        day = stock_day(cube, cube.storage, 0, s)
        for name, stays in by_loops(ALL, day.raw, day.minutes, day.lunch)[1].items():
            left_out[name] = left_out.get(name, 0) + (not stays)
    assert {name: number for name, number in left_out.items() if number} == {}


def test_loops_declare_what_definitions_do() -> None:
    for f in ALL:
        loop = loop_of(f)
        assert dict(LOOPS[f.name].params) == dict(f.params), f.name
        assert loop.min_bars == f.min_bars, f.name
        ours = None if loop.window is None else (loop.window[0] or 0, loop.window[1])
        assert ours == f.window, f.name
