"""What is promised, and what breaks it."""

from __future__ import annotations

from bench.accuracy.cases import Case, Measured
from factors.catalogue import resolve

CORE = 1e-12
"""Largest error of a core factor on any engine, outside cancellations and what is as sensitive."""
APART = 1e-9
"""Largest difference of engines; where rounding a series to float64 moves the value by more, a few times that."""


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
        errors = [(max(case.error(who) for who in engines), case) for case in there if not case.apart]
        spreads = [(case.spread(engines), case) for case in there]
        found = {
            "a value against NaN": differing,
            f"errors above {CORE:g}": [(e, case) for e, case in errors if e > CORE and factor in core],
            f"engines apart by more than {APART:g}": [
                (s, case) for s, case in spreads if s > max(APART, 4 * case.moved)
            ],
        }
        lines += [f"{factor}: {what} on {_told(bad, engines)}" for what, bad in found.items() if bad]
    return lines


def _told(bad: list[tuple[float, Case]], engines: tuple[str, ...]) -> str:
    """Say on how many stock-days something is wrong, and how wrong it is on the worst."""
    size, worst = max(bad, key=lambda one: one[0])
    values = ", ".join(f"{who} {worst.values[who]!r}" for who in engines)
    number = f"{len(bad)} stock-days, the worst" if len(bad) > 1 else "one stock-day,"
    return f"{number} {worst.where} ({size:.1e}): exact {worst.exact.value!r}, {values}"
