"""Every factor, on every engine and backend, equals its loop."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from factors import backends
from factors.catalogue import resolve
from factors.data.simulate.bars import simulate_bars
from factors.definitions.decorators import REGISTRY
from factors.engine import loop
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import make_plan
from factors.loops import LOOPS, loop_compute
from tests.support.agreement import assert_agree
from tests.support.profile import thorough
from tests.support.strategies import Market, markets

CORE = list(resolve("core").values())


def test_every_factor_has_a_loop_and_every_loop_a_factor() -> None:
    assert set(LOOPS) == {f.name for f in resolve("all").values()}


def test_there_are_50_core_factors_and_15_known_names() -> None:
    assert len(CORE) == 50
    assert sum(f.core == "known" for f in CORE) == 15


@given(market=markets(most=2))
def test_the_loop_engine_equals_the_loops(market: Market) -> None:
    cube = market.cube()
    plan = make_plan(CORE, cube.fields)
    values = loop.run(plan, cube, backends.get("cpu"))
    for s, symbol in enumerate(cube.symbols):
        theirs = list(loop_compute(market.days()[symbol], [f.name for f in CORE]).values())
        assert_agree(plan, values[0, s], theirs, symbol, rtol=0, atol=0)


@pytest.mark.parametrize("session", ["XSHG", "XHKG", "XNYS"])
def test_engines_agree_on_a_simulated_market(session: str) -> None:
    from factors import cube as make_cube

    cube = make_cube(simulate_bars(stocks=60 if thorough() else 20, days=2, seed=3, session=session))
    plan = make_plan(CORE)
    cpu = backends.get("cpu")
    assert_agree(plan, matrix.run(plan, cube, cpu), loop.run(plan, cube, cpu), session)


@pytest.mark.parametrize("block", [8, 24, 1000, None])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_block_size_changes_nothing(block: int | None, threads: int) -> None:
    from factors import cube as make_cube
    from factors.backends.cpu import CpuBackend

    cube = make_cube(simulate_bars(stocks=45, days=3, seed=5))
    plan = make_plan(CORE)
    whole = matrix.run(plan, cube, backends.get("cpu"))
    backend = CpuBackend()
    backend.block = block
    np.testing.assert_allclose(matrix.run(plan, cube, backend, threads), whole, rtol=1e-12, atol=1e-13)


@pytest.mark.gpu
def test_the_gpu_equals_the_loops() -> None:
    from factors import cube as make_cube

    cube = make_cube(simulate_bars(stocks=60, days=2, seed=3))
    plan = make_plan(CORE)
    ours = matrix.run(plan, cube, backends.get("gpu"))
    assert_agree(plan, ours, loop.run(plan, cube, backends.get("cpu")), "gpu")


def test_names_are_unique_and_definitions_short() -> None:
    import inspect

    for f in REGISTRY.factors.values():
        source = inspect.getsource(f.body).partition('"""')[2].partition('"""')[2]
        assert 1 <= len([line for line in source.splitlines() if line.strip()]) <= 6, f.name
        assert f.summary.endswith("."), f.name
        assert f.formula, f.name
        assert f.unit, f.name
        assert f.source, f.name
