"""Every engine gives the hand-worked answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from factors.loops import StockDay, loop_compute
from tests.golden_days import GOLDEN
from tests.golden_tools import CORE, KNOWN, Case

Engine = Callable[[Case, Sequence[str]], dict[str, float]]


def loops(case: Case, names: Sequence[str]) -> dict[str, float]:
    return loop_compute(StockDay(case.fields, case.minutes, case.lunch), names)


ENGINES: dict[str, Engine] = {"loops": loops}


def agrees(name: str, got: float, want: float) -> bool:
    if math.isnan(want):
        return math.isnan(got)
    if want == 0 and name.endswith(("_var", "_std", "_var_last_30min", "_var_top33_volume")):
        return got == 0  # the variance of a constant has no rounding residue
    return math.isclose(got, want, rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case.name)
@pytest.mark.parametrize("engine", ENGINES)
def test_golden(engine: str, case: Case) -> None:
    got = ENGINES[engine](case, list(case.expected))
    wrong = {name: (got[name], want) for name, want in case.expected.items() if not agrees(name, got[name], want)}
    assert not wrong, f"{case.name}: (got, worked by hand) {wrong}"


def test_every_core_factor_has_a_worked_value() -> None:
    """A number that is neither NaN nor 0, on two days for the published names."""
    worked = [name for case in GOLDEN for name, want in case.expected.items() if want and not math.isnan(want)]
    assert {name for name in CORE if worked.count(name) < 1 + (name in KNOWN.split())} == set()
