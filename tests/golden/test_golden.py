"""Every engine gives the hand-worked answers."""

from __future__ import annotations

import math
from functools import lru_cache

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


def shape(case: Case) -> tuple[object, ...]:
    """What days of one compiled text have in common."""
    return case.minutes, case.lunch, tuple(case.fields)


@lru_cache
def together(of: tuple[object, ...]) -> list[str]:
    """The factors that are worked out on any day of a shape: one text."""
    return list(dict.fromkeys(name for _, case in GOLDEN if shape(case) == of for name in case.expected))


_COMPILED: dict[int, dict[str, float]] = {}


def compiled(case: Case) -> dict[str, float]:
    """What the compiled engine makes of a day, which many cases share."""
    if id(case.fields) not in _COMPILED:
        _COMPILED[id(case.fields)] = ENGINES["auto"](case, together(shape(case)))
    return _COMPILED[id(case.fields)]


@pytest.mark.parametrize("case", [case for _, case in GOLDEN], ids=[name for name, _ in GOLDEN])
@pytest.mark.parametrize("engine", ENGINES)
def test_golden(engine: str, case: Case) -> None:
    got = compiled(case) if engine == "auto" else ENGINES[engine](case, list(case.expected))
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
