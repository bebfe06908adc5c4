"""The loops against references in NumPy and SciPy, made by other hands."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

import factors
from factors.catalogue import resolve
from factors.definitions.decorators import Factor
from factors.engine.loop import stock_day
from factors.loops import LOOPS, StockDay, loop_compute
from factors.loops.registry import fits
from tests.independent.tools import D, Reference, random_bars, torn_bars
from tests.support.agreement import close
from tests.support.discovery import modules
from tests.support.profile import thorough

REFERENCES = {name: m.REFERENCE for name, m in modules("tests.independent").items() if hasattr(m, "REFERENCE")}
ALL = resolve("all")
SESSIONS = {240: 120, 390: None, 225: 113}
"""Minutes of the session -> last minute before lunch."""


def exists(factor: Factor, day: StockDay) -> bool:
    """Whether the stock-day has the fields and the traded bars that the factor needs; then its formula speaks."""
    loop, traded = LOOPS[factor.name], day.traded_minutes
    if not day.has(loop.inputs) or len(traded) < max(factor.min_bars, 1):
        return False
    if factor.window is None:
        return True
    inside = range(day.minutes)[slice(*factor.window)]
    return fits(factor.window, day.minutes) and sum(t in inside for t in traded) >= factor.min_bars


def check(references: Mapping[str, Reference], bars: Mapping[str, Any], minutes: int, lunch: int | None) -> None:
    day = StockDay({f: np.asarray(a, dtype=float).tolist() for f, a in bars.items()}, minutes, lunch)
    values = loop_compute(day, list(references))
    arrays = D(bars, minutes, lunch)
    wrong = []
    for name, reference in references.items():
        factor = ALL[name]
        if not exists(factor, day):
            expected = math.nan
        else:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                expected = float(reference(arrays))
        expected = expected if math.isfinite(expected) else math.nan
        if not close(factor, values[name], expected):
            wrong.append(f"{name}: loop {values[name]!r}, reference {expected!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("theme", REFERENCES)
@pytest.mark.parametrize("minutes", SESSIONS)
@pytest.mark.parametrize("seed", [*range(3), *(pytest.param(k, marks=pytest.mark.thorough) for k in range(3, 6))])
def test_random_days(theme: str, minutes: int, seed: int) -> None:
    check(REFERENCES[theme], random_bars(seed, minutes=minutes), minutes, SESSIONS[minutes])


@pytest.mark.parametrize("theme", REFERENCES)
@pytest.mark.parametrize("seed", range(3))
def test_days_with_single_values_missing(theme: str, seed: int) -> None:
    check(REFERENCES[theme], torn_bars(seed), 240, 120)


@lru_cache(maxsize=1)
def simulated() -> Sequence[tuple[str, StockDay]]:
    """One stock of each kind that has rows, or two."""
    kinds = dict.fromkeys(("thin", "gappy", "limit_up", "limit_down", "halted", "late"), 0.1)
    cube = factors.cube(factors.simulate_bars(stocks=20, kinds=kinds, seed=4))
    kind = factors.simulate_kinds(stocks=20, kinds=kinds, seed=4).droplevel("date")
    chosen = [str(s) for _, group in kind.groupby(kind) for s in group.index[: 2 if thorough() else 1]]
    places = [(str(s), i) for i, s in enumerate(cube.symbols) if s in chosen and cube.listed[0, i]]
    return [(kind[s], stock_day(cube, cube.storage, 0, i)) for s, i in places]


@pytest.mark.parametrize("theme", REFERENCES)
def test_simulated_days(theme: str) -> None:
    assert len(simulated()) == (14 if thorough() else 7)
    for _, day in simulated():
        check(REFERENCES[theme], day.raw, day.minutes, day.lunch)


def test_references_name_factors_of_their_theme() -> None:
    themes = {theme: {f.name for f in ALL.values() if f.file.endswith(f"/{theme}.py")} for theme in REFERENCES}
    assert {theme: set(names) for theme, names in REFERENCES.items()} == themes


def test_every_factor_has_a_reference() -> None:
    """But those of more than one stock-day: tests/agreement/test_neighbours.py has whole markets for them."""
    known = {name for names in REFERENCES.values() for name in names}
    alone = [f for f in ALL.values() if not f.file.endswith("/neighbours.py")]
    assert [f.name for f in alone if f.name not in known] == []
