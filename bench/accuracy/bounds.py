"""What is promised, and what breaks it."""

from __future__ import annotations

from bench.accuracy.cases import Case, Measured
from factors.catalogue import resolve

CORE = 1e-12
"""Largest error of a core factor on any engine."""
OTHERS = 1e-9
"""Largest error of any other factor, and largest difference of engines."""
FEW = 4
"""Where rounding a series to float64 alone moves the value by more than that, as many times what it does."""


def by_factor(measured: Measured) -> dict[str, list[Case]]:
    """Return the cases of each factor, in their order."""
    found: dict[str, list[Case]] = {}
    for case in measured.cases:
        found.setdefault(case.factor, []).append(case)
    return found


def broken(measured: Measured) -> list[str]:
    """Return what is broken, a line for each factor and promise, with the worst stock-day."""
    core, engines = set(resolve("core")), measured.engines
    lines = []
    for factor, cases in by_factor(measured).items():
        differing = [(1.0, case) for case in cases if any(case.differs(who) for who in engines)]
        there = [case for case in cases if not any(case.differs(who) for who in engines)]
        bound = CORE if factor in core else OTHERS
        errors = [(max(case.error(who) for who in engines), case) for case in there]
        spreads = [(case.spread(engines), case) for case in there]
        found = {
            "a value against NaN": differing,
            f"errors above {bound:g}": _beyond(errors, bound),
            f"engines apart by more than {OTHERS:g}": _beyond(spreads, OTHERS),
        }
        lines += [f"{factor}: {what} on {_told(bad, engines)}" for what, bad in found.items() if bad]
    return lines


def _beyond(sizes: list[tuple[float, Case]], bound: float) -> list[tuple[float, Case]]:
    """Return the cases whose sizes are beyond a bound, or what rounding alone does."""
    return [(size, case) for size, case in sizes if size > max(bound, FEW * case.moved)]


def _told(bad: list[tuple[float, Case]], engines: tuple[str, ...]) -> str:
    """Say on how many stock-days something is wrong, and how wrong it is on the worst."""
    size, worst = max(bad, key=lambda one: one[0])
    values = ", ".join(f"{who} {worst.values[who]!r}" for who in engines)
    number = f"{len(bad)} stock-days, the worst" if len(bad) > 1 else "one stock-day,"
    return f"{number} {worst.where} ({size:.1e}): exact {worst.exact.value!r}, {values}"
