"""Every engine gives the hand-worked answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pytest

from factors.catalogue import resolve
from factors.data.calendar.session import Session
from factors.engine.planning.plan import make_plan
from factors.engine.select import Executor
from factors.loops import StockDay, loop_compute
from tests.agreement import tolerance
from tests.discovery import modules
from tests.golden_tools import CORE, KNOWN, Case
from tests.strategies import Market
from tests.test_neighbours_worked import WORKED

GOLDEN = [
    (f"{name.removeprefix('golden_')}: {case.name}", case)
    for name, module in modules("tests", "golden_").items()
    for case in getattr(module, "GOLDEN", [])
]
Engine = Callable[[Case, Sequence[str]], dict[str, float]]


def loops(case: Case, names: Sequence[str]) -> dict[str, float]:
    return loop_compute(StockDay(case.fields, case.minutes, case.lunch), names)


def arrays(engine: str, case: Case, names: Sequence[str]) -> dict[str, float]:
    from factors.backends import get

    spans = ((0, case.minutes),) if case.lunch is None else ((0, case.lunch), (case.lunch + 60, case.minutes + 60))
    stock = {field: np.array(values, dtype=float) for field, values in case.fields.items()}
    cube = Market(Session("golden", "UTC", spans), {"S": stock}).cube()
    plan = make_plan(list(resolve(names).values()), cube.fields)
    return dict(zip(names, Executor(engine, get("cpu")).run(plan, cube, 1)[0, 0].tolist(), strict=True))


ENGINES: dict[str, Engine] = {"loops": loops, "matrix": partial(arrays, "matrix"), "auto": partial(arrays, "auto")}


def agrees(name: str, got: float, want: float) -> bool:
    if math.isnan(want):
        return math.isnan(got)
    if want == 0 and name.endswith(("_var", "_std", "_var_last_30min", "_var_top33_volume")):
        return got == 0  # the variance of a constant has no rounding residue
    rtol, atol = tolerance(resolve(name)[name])
    return math.isclose(got, want, rel_tol=rtol, abs_tol=atol)


@pytest.mark.parametrize("case", [case for _, case in GOLDEN], ids=[name for name, _ in GOLDEN])
@pytest.mark.parametrize("engine", ENGINES)
def test_golden(engine: str, case: Case) -> None:
    got = ENGINES[engine](case, list(case.expected))
    wrong = {name: (got[name], want) for name, want in case.expected.items() if not agrees(name, got[name], want)}
    assert not wrong, f"{case.name}: (got, worked by hand) {wrong}"


def test_every_factor_has_a_worked_value() -> None:
    """A number that is neither NaN nor 0, on two days for the published names."""
    worked = [name for _, case in GOLDEN for name, want in case.expected.items() if want and not math.isnan(want)]
    worked += [name for name, _, _, value in WORKED if value and not math.isnan(value)]
    worked += ["volume_open_auction_ratio"]  # tests/test_neighbours.py
    known = KNOWN.split()
    assert {name for name in resolve("all") if worked.count(name) < 1 + (name in known)} == set()


def test_core_names() -> None:
    assert set(CORE) == set(resolve("core"))
