"""The page of a run, as Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import PurePath

from bench.accuracy.bounds import CORE, FEW, OTHERS, broken, by_factor
from bench.accuracy.cases import CANCELS, ROUNDED, Case, Measured
from bench.report.text import table
from factors.catalogue import resolve

GROUPS = {
    "price": "Prices",
    "volume": "Volumes, amounts, trades",
    "price_volume": "Prices and volumes",
    "volatility": "Returns: moments, jumps, dependence",
    "liquidity": "Liquidity, fits, spectra",
}
"""Folders of the library, in the order of the page; factors across stocks are not measured."""
HEAD = """# Numerical accuracy

The {known} core factors and {hard} of the worst conditioned others, {days} hostile days of {stocks} stock-days, against
their formulas in fifty digits (mpmath). The float64 numbers of the input count as exact. The reference is written from
the formulas, with neither the definitions nor the loops at hand.

**The days.** Prices from 1e-8 to 1e9, ticks from 1e-8, volumes to 1e13, amounts to 3e18, sessions of 120 to 1440
minutes: {kinds}.

**The numbers.** Largest relative error on all days, of each engine of this library and of pandas, SciPy and
statsmodels, where it is not 0, asked for the same quantity in their usual way (`pct_change`, `corr`, `skew`,
`pearsonr`, `linregress`, `OLS`). "CUDA text" is the program for GPUs, compiled as C++ and run on the CPU. Half a unit
in the last place is 1.1e-16. Factors in bold are core.

**Promises.** On every engine, core factors are exact to {core:g} and the others to {others:g}; engines agree to
{others:g}; a value is missing exactly where the formula has none. {promise}
"""
APART_TEXT = """## Cancellations and sensitive values

Two kinds of stock-days stand here and not above. A *cancellation* is a value below {cancels:g} of the size of the terms
it is the sum of, such as a correlation of almost 0; its error is relative to the terms. A *sensitive* value is one that
moves by more than {rounded:g} when the series it is made of (returns, log returns, shares, amounts per trade) are
rounded once to float64 and all else is exact, such as the variance of almost equal returns; its error is relative to
the value, and what that rounding alone does stands beside it. No float64 program that forms these series can do
better than that column; the promises are that or {few} times as much, where it is more.
"""
FOOT = """## Again

`make accuracy` measures all this and writes this page; it takes about five minutes on two cores, and fails if a
promise is broken. The formulas stand in `bench/accuracy/formulas/`, the days in `bench/accuracy/days.py`; a few of both
are part of `make test`.
"""


def size(error: float | None) -> str:
    """Write an error with two digits; 0 where it is exact, nothing where nobody computes it."""
    if error is None:
        return ""
    return "0" if error == 0 else f"{error:.1e}"


def largest(cases: Sequence[Case], who: str) -> float | None:
    """Return someone's largest error; None where they have no value."""
    found = [case.error(who) for case in cases if who in case.values and not math.isnan(case.values[who])]
    return max(found, default=None)


def page(measured: Measured) -> str:
    """Return the page."""
    factors, wrong, core = by_factor(measured), broken(measured), resolve("core")
    days = list(dict.fromkeys((case.minutes, case.kind) for case in measured.cases))
    stocks = {case.where for case in measured.cases}
    promise = "They hold on all of them." if not wrong else f"{len(wrong)} are broken, see the end."
    lines = [
        HEAD.format(
            known=sum(name in core for name in factors), hard=sum(name not in core for name in factors), days=len(days),
            stocks=len(stocks), kinds=", ".join(dict.fromkeys(kind for _, kind in days)), core=CORE,
            others=OTHERS, promise=promise,
        )
    ]  # fmt: skip
    who = [*measured.engines, *measured.libraries]
    for group, title in GROUPS.items():
        inside = {name: cases for name, cases in factors.items() if _group(name) == group}
        rows = []
        for name, cases in inside.items():
            here = [case for case in cases if not case.apart]
            there = [case for case in here if case.exact.value]  # the rule of what is constant, and so 0, is ours
            errors = [largest(here, one) for one in measured.engines]
            errors += [largest(there, one) for one in measured.libraries]
            rows.append([_name(name), *map(size, errors)])
        lines += [f"## {title}", "", *table(["", *who], rows)]
    lines += [
        APART_TEXT.format(cancels=CANCELS, rounded=ROUNDED, few=FEW),
        *_cancellations(measured),
        *_sensitive(measured),
    ]
    if wrong:
        lines += ["## Broken promises", "", *(f"- {line}" for line in wrong), ""]
    return "\n".join([*lines, FOOT])


def _name(factor: str) -> str:
    return f"**`{factor}`**" if factor in resolve("core") else f"`{factor}`"


def _group(factor: str) -> str:
    return PurePath(resolve([factor])[factor].file).parent.name


def _cancellations(measured: Measured) -> list[str]:
    rows = []
    for name, cases in by_factor(measured).items():
        inside = [case for case in cases if case.exact.cancels]
        if inside:
            smallest = min(abs(case.exact.value) / case.exact.terms for case in inside)
            errors = (size(largest(inside, who)) for who in measured.engines)
            rows.append([_name(name), str(len(inside)), size(smallest), *errors])
    return table(["cancellations", "stock-days", "smallest value / terms", *measured.engines], rows)


def _sensitive(measured: Measured) -> list[str]:
    rows = []
    for name, cases in by_factor(measured).items():
        inside = [case for case in cases if case.apart and not case.exact.cancels]
        if inside:
            worst = max(inside, key=lambda case: case.moved)
            errors = (size(largest(inside, who)) for who in measured.engines)
            rows.append([_name(name), str(len(inside)), size(worst.moved), worst.kind, *errors])
    return table(["sensitive", "stock-days", "rounding alone", "on", *measured.engines], rows)
