"""Steps between the loops: made-up verbs that read whole series, on the fused engine as on arrays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import factors
from factors import backends, factor
from factors import ops as m
from factors.common.fields import FIELDS
from factors.data.calendar.session import Session
from factors.engine.codegen import sources
from factors.engine.codegen.emit import emit
from factors.engine.fused import run as fused
from factors.engine.ir.calls import call
from factors.engine.ir.graph import Graph
from factors.engine.ir.ops import OPS, KernelCall
from factors.engine.ir.table import LOWER
from factors.engine.ir.trace import NotTraceable, TracedArray, field
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import Plan, make_plan
from factors.engine.schedule.schedule import make_schedule
from factors.ops.elementwise import numeric
from factors.ops.verb import verb

KERNEL = """
STEP void k_flip(double* out, Col x, int begin, int end) {
  for (int t = begin; t < end; ++t) st(out + t * STRIDE, at_(x, begin + end - 1 - t));
}
STEP void k_above(double* out, Col x, V level, int begin, int end) {
  for (int t = begin; t < end; ++t) st(out + t * STRIDE, number(at_(x, t) > level));
}
STEP V k_moment(Col x, Col weight, int begin, int end, double about) {
  V found = cst(0.0);
  for (int t = begin; t < end; ++t) {
    V w = weight.p ? at_(weight, t) : cst(1.0), d = at_(x, t) - cst(about);
    found = select((d == d) & (w == w), found + w * d * d, found);
  }
  return found;
}
STEP V k_rises(Col x, int begin, int end) { return number(at_(x, end - 1) > at_(x, begin)); }
"""


@verb
def flip(x: Any) -> Any:
    """Series in, series out."""
    return numeric(x)[:, ::-1]


@verb
def above(x: Any, level: Any) -> Any:
    """Series and value in, mask out."""
    return x > level


@verb
def moment(x: Any, weight: Any = None, about: float = 0.0) -> Any:
    """Series in, of which one may be left out; value out."""
    d = numeric(x) - about
    return m.sum(d * d if weight is None else numeric(weight) * d * d)


@verb
def rises(x: Any) -> Any:
    """Series in, mask of stocks out."""
    return m.at(x, -1) > m.at(x, 1)


@pytest.fixture(scope="module", autouse=True)
def _made_up(needs_compiler: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("kernel") / "kernel"
    shutil.copytree(sources.KERNEL, folder)
    Path(folder, "madeup.h").write_text(KERNEL, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sources, "KERNEL", folder)
        patch.setitem(OPS, "flip", KernelCall("flip", header="madeup"))
        patch.setitem(OPS, "above", KernelCall("above", header="madeup", mask=True))
        patch.setitem(OPS, "moment", KernelCall("moment", header="madeup", returns="value", series=2))
        patch.setitem(OPS, "rises", KernelCall("rises", header="madeup", returns="value", mask=True))
        patch.setitem(LOWER, "flip", lambda x: call("flip", x))
        patch.setitem(LOWER, "above", lambda x, level: call("above", x, values=(level,)))
        patch.setitem(LOWER, "moment", lambda x, w=None, about=0.0: call("moment", x, w, constants=(about,)))
        patch.setitem(LOWER, "rises", lambda x: call("rises", x))
        yield


BODIES = {
    "a value": "moment(returns)",
    "of a field, which is read where it lies": "moment(close, about=9.5)",
    "a series left out, and given": "m.ratio(moment(close, volume), moment(close))",
    "a series": "m.sum(flip(close) * open)",
    "a mask": "m.count(above(close, 10.0))",
    "a mask of stocks": "m.where(rises(close), m.mean(close), -m.mean(close))",
    "a mask in": "m.sum(flip(returns > 0) * close)",
    "minutes in": "moment(close, minute)",
    "of one that is missing here and there": "m.count(flip(m.where(returns > 0, returns)))",
    "reads a call": "moment(flip(close), flip(flip(volume)))",
    "reads a value": "m.sum(m.where(above(close, m.mean(close) + m.std(close)), volume))",
    "reads a value of the same pass": "m.count(above(close, m.mean(close)))",
    "reads arithmetic on a value of a later pass": "m.count(above(flip(close), m.max(close * m.mean(close)) / 10.1))",
    "reads the value of a call": "m.count(above(returns, moment(returns)))",
    "reads arithmetic on the value of a call": "m.count(above(returns, m.sqrt(moment(returns) / m.count(returns))))",
    "is read with a value": "m.sum(m.where(close * close > moment(close) / m.count(close), volume))",
    "is read by first": "m.first(open, above(close, m.mean(close)))",
    "is read by states": "m.sum(m.cumsum(flip(volume)) * m.ffill(m.lag(flip(close), 3)))",
    "is read by moments": "m.skew(flip(volume))",
    "is read after its minutes": "m.corr(flip(volume), m.lead(flip(returns)))",
    "in the first minutes": "moment(flip(m.head(close, 31)))",
    "in the last minutes": "m.sum(flip(m.tail(returns, 20)) * m.tail(close, 20))",
    "in between": "m.count(above(m.between(close, 7, 41), m.at(close, 20)))",
    "in a part of its minutes": "m.sum(m.head(flip(m.head(volume, 31)), 7))",
    "beside the selection of the largest": "m.sum(m.where(m.top(flip(volume), k=7), flip(close)))",
}


def define(number: int, expression: str) -> factors.Factor:
    known = (*FIELDS, "returns", "minute")
    scope = {"m": m, "flip": flip, "above": above, "moment": moment, "rises": rises}
    names = [name for name in known if name in expression.replace("moment", "").split("'")[0]]
    body = f"def made_up_{number}({', '.join(names)}):\n    return {expression}"
    exec(compile(body, "<calls>", "exec"), scope)
    return factor(scope[f"made_up_{number}"])


def both(plan: Plan, bars: Any) -> tuple[np.ndarray, np.ndarray]:
    cube = factors.cube(bars)
    notes: dict[str, str] = {}
    ours = fused.run(plan, cube, backends.get("cpu"), threads=2, notes=notes)
    assert notes == {}
    return ours, matrix.run(plan, cube, backends.get("cpu"))


def test_calls_equal_the_matrix_engine() -> None:
    plan = make_plan([define(i, e) for i, e in enumerate(BODIES.values())])
    ours, theirs = both(plan, factors.simulate_bars(stocks=37, days=2, seed=5))
    for i, what in enumerate(BODIES):
        assert np.isfinite(theirs[..., i]).any(), what
        np.testing.assert_allclose(ours[..., i], theirs[..., i], rtol=1e-9, atol=1e-12, err_msg=what)


@pytest.mark.parametrize("what", ["a value", "reads a call", "in between", "reads the value of a call"])
def test_a_call_alone(what: str) -> None:
    ours, theirs = both(make_plan([define(99, BODIES[what])]), factors.simulate_bars(stocks=9, seed=2))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def traced(*fields: str) -> tuple[Graph, list[TracedArray]]:
    graph = Graph(60)
    return graph, [field(graph, name) for name in fields]


def test_two_calls_read_one_stored_key() -> None:
    graph, (close, volume) = traced("close", "volume")
    key = m.log(close) * volume
    outputs = (moment(key).node, m.sum(flip(key)).node, m.mean(m.where(m.top(key, "1/3"), close)).node)
    schedule = make_schedule(graph, outputs)
    kept = [graph.nodes[i].op for i in schedule.stored]
    assert sorted(kept) == ["flip", "mul", "top"]
    text = sources.text(emit(schedule, FIELDS))
    assert text.count('#include "madeup.h"') == 1
    assert text.count(f"Col{{series(s, {schedule.stored[key.node]}), STRIDE}}") == 3


def test_a_field_is_not_stored() -> None:
    graph, (close, volume) = traced("close", "volume")
    schedule = make_schedule(graph, (moment(close, volume).node,))
    assert not schedule.stored
    assert not schedule.loops
    assert schedule.fields == ["close", "volume"]
    assert "k_moment(Col{f + 3 * fs, LANES}, Col{f + 4 * fs, LANES}, 0, 60, 0.0)" in sources.text(
        emit(schedule, FIELDS)
    )


def test_calls_that_read_calls_need_no_pass_between() -> None:
    graph, (close,) = traced("close")
    once = make_schedule(graph, (m.sum(flip(close * 2)).node,))
    thrice = make_schedule(graph, (m.sum(flip(flip(flip(close * 2)))).node,))
    assert once.passes == thrice.passes == 2


def test_what_a_call_refuses() -> None:
    _, (close, volume) = traced("close", "volume")
    with pytest.raises(NotTraceable, match="different windows"):
        moment(m.head(close, 7), volume)
    with pytest.raises(NotTraceable, match="has no minutes"):
        flip(m.mean(close))
    with pytest.raises(NotTraceable, match="a value per stock, not a series"):
        above(close, volume)
    with pytest.raises(TypeError, match="moment reads 2 series, not 1"):
        call("moment", close)


def test_a_session_that_is_odd_and_has_a_lunch_break() -> None:
    session = Session("odd", "UTC", ((570, 603), (660, 684)))
    assert session.minutes == 57
    plan = make_plan([define(i, e) for i, e in enumerate(BODIES.values())])
    cube = factors.cube(factors.simulate_bars(stocks=9, seed=2))
    storage = np.ascontiguousarray(cube.storage[:, :, :, 91:148])
    short = type(cube)(
        cube.dates, cube.symbols, [session], cube.fields, storage, np.ascontiguousarray(cube.present[:, :, 91:148]),
        cube.listed, cube.auction_volume,
    )  # fmt: skip
    cpu = backends.get("cpu")
    np.testing.assert_allclose(fused.run(plan, short, cpu), matrix.run(plan, short, cpu), rtol=1e-9, atol=1e-12)


def test_scratch_is_used_again_after_the_last_reader() -> None:
    from factors.engine.schedule.slots import allocate_slots

    steps = [({0, 9}, {1, 2}), ({1}, {3}), ({2, 3}, {4}), ({4}, set())]
    assert allocate_slots(steps) == {1: 0, 2: 1, 3: 2, 4: 0}
    assert allocate_slots(steps, last=[1]) == {1: 0, 2: 1, 3: 2, 4: 3}
