"""The core factors against their formulas in fifty digits, on a few hostile days; `make accuracy` has all of them."""

from __future__ import annotations

import math

import pytest

pytest.importorskip("mpmath", reason="mpmath is not installed")

from bench.accuracy.bounds import broken
from bench.accuracy.cases import Case, Exact, Measured
from bench.accuracy.days import hostile
from bench.accuracy.formulas.exact import Day, constant, ctx, floor_bin, top
from bench.accuracy.measure import REFERENCES, engine, exact_value, measure
from bench.accuracy.page import page
from factors.catalogue import resolve

CORE = list(resolve("core"))
DAYS = tuple((kind, 240) for kind in ("gaps", "thin", "late", "two prices", "jump", "one tick", "one size"))


def test_core_factors_have_a_formula() -> None:
    assert set(CORE) <= set(REFERENCES)
    assert len(REFERENCES) == 80


def test_core_factors_are_exact_and_the_engines_agree() -> None:
    engines = {name: engine(name) for name in ("loop", "matrix", "auto")}
    measured = measure(hostile(DAYS, stocks=3), CORE, engines, libraries=False, processes=1)
    assert sum(not case.apart and not math.isnan(case.exact.value) for case in measured.cases) > 400
    assert broken(measured) == []


def case(ours: float, exact: Exact, other: float | None = None) -> Case:
    return Case("VP", "made", 240, "S", exact, {"matrix": ours, "fused": ours if other is None else other})


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (case(0.5, Exact(0.5)), ""),
        (case(0.5 + 1e-11, Exact(0.5)), "errors above 1e-12"),
        (case(0.5, Exact(0.5), 0.5 + 1e-8), "engines apart by more than 1e-09"),
        (case(0.5, Exact(math.nan)), "a value against NaN"),
        (case(math.nan, Exact(0.5)), "a value against NaN"),
        (case(1e-5 + 1e-14, Exact(1e-5, terms=1.0)), ""),  # a cancellation: 1e-14 of the terms
        (case(0.5 + 1e-11, Exact(0.5, rest=1e-11)), ""),  # what float64 cannot hold counts
    ],
)
def test_what_breaks_a_promise(one: Case, told: str) -> None:
    found = broken(Measured([one], ("matrix", "fused")))
    assert told in " ".join(found)
    assert bool(found) == bool(told)


def test_a_sensitive_value_stands_apart() -> None:
    one = case(0.5 + 1e-11, Exact(0.5))
    assert not one.apart
    one.moved = 1e-11
    assert one.apart
    assert broken(Measured([one], ("matrix", "fused"))) == []
    one.moved = 1e-12
    assert broken(Measured([one], ("matrix", "fused"))) != []


def test_the_page_tells_all() -> None:
    measured = Measured(
        [case(0.5 + 1e-11, Exact(0.5)), case(1e-5, Exact(1e-5, terms=1.0))], ("matrix", "fused"), ("pandas",)
    )
    text = page(measured)
    assert "| **`VP`** | 2.0e-11 | 2.0e-11 |  |" in text
    assert "| **`VP`** | 1 | 1.0e-05 | 0 | 0 |" in text
    assert "VP: errors above 1e-12 on one stock-day, made, 240 minutes, S (2.0e-11)" in text


def test_fifty_digits() -> None:
    bars = hostile((("late", 240),), stocks=1)[0]
    day = Day(next(iter(bars.stocks.values())), bars.lunch)
    assert day.t0 > 100
    assert math.isnan(exact_value("return_am", day).value) is (day.t0 > 120)
    third = exact_value("return_intraday", day)
    assert abs(third.rest) < abs(third.value) * 2**-53


def test_what_formulas_are_made_of() -> None:
    assert top({0: 1.0, 1: 2.0, 2: 2.0, 3: 0.5}, 2) == [1, 2]
    assert top({0: 2.0, 1: 2.0, 2: 2.0}, 1) == [0]
    assert (floor_bin(2.9999999999), floor_bin(2.999), floor_bin(3.0)) == (3, 2, 3)
    assert constant([ctx.mpf(1), ctx.mpf(1) + ctx.mpf("1e-10")])
    assert not constant([ctx.mpf(1), ctx.mpf(1) + ctx.mpf("1e-8")])
