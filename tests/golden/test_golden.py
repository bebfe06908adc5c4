"""Every engine gives the hand-worked answers."""

from __future__ import annotations

import math

import pytest

from factors.catalogue import resolve
from tests.golden.cross_section.markets import WORKED
from tests.golden.stock_days.tools import CORE, KNOWN, Case
from tests.support.agreement import tolerance
from tests.support.discovery import modules
from tests.support.engines import ENGINES

GOLDEN = [
    (f"{name}: {case.name}", case)
    for name, module in modules("tests.golden").items()
    for case in getattr(module, "GOLDEN", [])
]


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
    worked += ["volume_open_auction_ratio"]  # tests/agreement/test_neighbours.py
    known = KNOWN.split()
    assert {name for name in resolve("all") if worked.count(name) < 1 + (name in known)} == set()


def test_core_names() -> None:
    assert set(CORE) == set(resolve("core"))
