"""How long a fusion is kept: the library's own definitions are traced once, a user's at every call."""

from __future__ import annotations

import gc
import weakref

import pandas as pd
import pytest

import factors
from factors import factor
from factors import ops as m
from factors.catalogue import resolve
from factors.data.calendar.session import get_session
from factors.engine.codegen.cache import ProgramCache
from factors.engine.fused import fusion as fusing
from factors.engine.matrix import evaluate
from factors.engine.planning.plan import make_plan
from tests.support.devices.shim import ShimBackend

FIELDS = ("open", "high", "low", "close", "volume", "amount", "trades")


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Number of factors of each trace that is made."""
    made: list[int] = []
    trace = fusing.trace

    def counted(plan, session, fields, *stage):
        made.append(len(plan.factors))
        return trace(plan, session, fields, *stage)

    monkeypatch.setattr(fusing, "trace", counted)
    monkeypatch.setattr(fusing, "PROGRAMS", ProgramCache(fusing.PROGRAMS.limit))
    return made


def test_own_definitions_are_traced_once(traced: list[int]) -> None:
    day = get_session("XSHG")
    first = fusing.fuse(make_plan(list(resolve("core").values())), day, FIELDS)
    assert fusing.fuse(make_plan(list(resolve("core").values())), day, FIELDS) is first
    assert traced == [50]
    fusing.fuse(make_plan(list(resolve("core").values())), get_session("XHKG"), FIELDS)
    fusing.fuse(make_plan(list(resolve("core").values())), day, FIELDS[:5])
    fusing.fuse(make_plan(list(resolve("VP").values())), day, FIELDS)
    assert traced == [50, 50, 50, 1]


def test_a_users_definition_is_traced_at_every_call(traced: list[int]) -> None:
    @factor
    def spread_of_day(high, low):
        return m.max(high) - m.min(low)

    bars = factors.simulate_bars(stocks=3, days=1)
    for _ in range(2):
        factors.compute(bars, ["VP", "spread_of_day"], engine="fused")
    assert traced == [2, 2]


def test_a_graph_traced_again_is_the_one_there_is() -> None:
    @factor
    def spread_of_day(high, low):
        return m.max(high) - m.min(low)

    one, two = (fusing.fuse(make_plan([spread_of_day]), get_session("XSHG"), FIELDS) for _ in range(2))
    assert one is not two
    assert one.graph is two.graph


@pytest.mark.usefixtures("needs_compiler")
@pytest.mark.parametrize("names", [["VP"], ["realized_beta", "VP"]])
def test_a_gpu_needs_no_program_of_a_cpu(names: list[str]) -> None:
    cube = factors.cube(factors.simulate_bars(stocks=9, days=1))
    fusing.GRAPHS.clear()
    fusing.PROGRAMS.clear()
    factors.compute(cube, names, backend=ShimBackend())
    for program in fusing.stages(make_plan(list(resolve(names).values()), cube.fields), cube.sessions[0], cube.fields):
        assert not {"schedule", "program"} & set(vars(program.graph))


@pytest.mark.parametrize("name", [*resolve("core"), "realized_beta", "panic_core"])
def test_fields_are_known_before_anything_is_scheduled(name: str) -> None:
    plan = make_plan(list(resolve([name]).values()))
    for program in fusing.stages(plan, get_session("XSHG"), FIELDS):
        assert list(program.graph.reads) == program.schedule.fields


def test_few_fusions_are_kept(traced: list[int]) -> None:
    names = list(resolve("core"))
    for k in range(fusing.PROGRAMS.limit + 5):
        chosen = names[k % len(names) : k % len(names) + 1 + k // len(names)]
        fusing.fuse(make_plan(list(resolve(chosen).values())), get_session("XSHG"), FIELDS)
    assert len(traced) == fusing.PROGRAMS.limit + 5
    assert len(fusing.PROGRAMS) == fusing.PROGRAMS.limit


def test_a_users_plan_is_let_go() -> None:
    @factor
    def market_of_mine(market_return, close):
        return m.corr(market_return, close)

    plan = make_plan([market_of_mine])
    fusing.stages(plan, get_session("XSHG"), FIELDS)
    kept = weakref.ref(plan)
    del plan
    gc.collect()
    assert kept() is None


def test_values_of_factors_that_do_not_fuse_are_made_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    call = evaluate._call

    def noted(step, inputs):
        ran.append(step.name)
        return call(step, inputs)

    @factor
    def twice_the_return(day_return):
        """Reads a shared value, and decides on data."""
        return day_return * 2 if len(day_return) else day_return

    bars = factors.simulate_bars(stocks=60, days=2)
    names = ["twice_the_return", "vol_diff_intercept", "panic_core", "VP"]
    wanted = factors.compute(bars, names, engine="matrix")
    monkeypatch.setattr(evaluate, "_call", noted)
    found = factors.compute(bars, names, engine="fused")
    pd.testing.assert_frame_equal(found, wanted, rtol=1e-7, atol=1e-12)
    assert set(ran) == {"twice_the_return"}
    assert set(found.attrs["minute_factors"]["on_matrix"]) == {"twice_the_return"}
