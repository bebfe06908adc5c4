"""The engines on one stock-day by hand: from a case to the factors' values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import numpy as np

from factors.catalogue import resolve
from factors.data.calendar.session import Session
from factors.engine.planning.plan import Plan, field_inputs, make_plan
from factors.engine.select import Executor
from factors.loops import StockDay, loop_compute
from tests.golden.stock_days.tools import Case
from tests.support.strategies import Market

Engine = Callable[[Case, Sequence[str]], dict[str, float]]


def loops(case: Case, names: Sequence[str]) -> dict[str, float]:
    return loop_compute(StockDay(case.fields, case.minutes, case.lunch), names)


@lru_cache
def plan_of(names: tuple[str, ...], fields: tuple[str, ...]) -> Plan:
    """The plan of some factors; what is traced and compiled hangs on it."""
    return make_plan(list(resolve(names).values()), fields)


def possible(case: Case) -> list[str]:
    """The factors that read no field the case has not."""
    return [name for name, f in resolve("all").items() if set(field_inputs(f)) <= set(case.fields)]


def arrays(engine: str, case: Case, names: Sequence[str]) -> dict[str, float]:
    from factors.backends import get

    spans = ((0, case.minutes),) if case.lunch is None else ((0, case.lunch), (case.lunch + 60, case.minutes + 60))
    stock = {field: np.array(values, dtype=float) for field, values in case.fields.items()}
    cube = Market(Session("golden", "UTC", spans), {"S": stock}).cube()
    plan = plan_of(tuple(names), cube.fields)
    return dict(zip(names, Executor(engine, get("cpu")).run(plan, cube, 1)[0, 0].tolist(), strict=True))


ENGINES: dict[str, Engine] = {"loops": loops, "matrix": partial(arrays, "matrix"), "auto": partial(arrays, "auto")}
