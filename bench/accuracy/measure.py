"""Values of every engine and library, and the exact ones, case by case."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import numpy as np

import factors
from bench.accuracy.cases import Case, Exact, Measured
from bench.accuracy.days import Day, cube
from bench.accuracy.formulas import liquidity, price, price_volume, volatility, volume
from bench.accuracy.formulas.exact import Day as ExactDay
from bench.accuracy.formulas.exact import Reference, Sum, ctx
from bench.accuracy.others import LIBRARIES, Frame
from factors.backends import Backend
from factors.catalogue import resolve
from factors.common.threads import cores

REFERENCES: dict[str, Reference] = {
    **price.REFERENCE, **volume.REFERENCE, **volatility.REFERENCE, **price_volume.REFERENCE, **liquidity.REFERENCE
}  # fmt: skip
DOUBTFUL = 1e-14
"""Errors above are looked into: does rounding alone do as much?"""

Engine = Callable[[Day, Sequence[str]], dict[str, dict[str, float]]]


def engine(name: str, backend: str | Backend = "cpu") -> Engine:
    """Return what computes a day on an engine: symbol -> factor -> value."""

    def run(day: Day, names: Sequence[str]) -> dict[str, dict[str, float]]:
        frame = factors.compute(cube(day), list(names), engine=name, backend=backend)
        found = zip(frame.index, frame.to_numpy().tolist(), strict=True)
        return {str(symbol): dict(zip(names, row, strict=True)) for (_, symbol), row in found}

    return run


def exact_value(name: str, day: ExactDay) -> Exact:
    """Return what a factor is on a stock-day; NaN where it has too few traded bars."""
    if len(day.traded) < max(resolve([name])[name].min_bars, 1):
        return Exact(math.nan)
    found = REFERENCES[name](day)
    value, terms = found if isinstance(found, Sum) else (found, 0)
    if value is None:
        return Exact(math.nan)
    near = float(value)
    return Exact(near, float(value - ctx.mpf(near)), float(abs(terms)))


Task = tuple[Mapping[str, np.ndarray], int | None, Sequence[str]]


def exact_values(task: Task) -> dict[str, Exact]:
    """Return the exact values of a stock-day: bars, last minute before the break, factors."""
    bars, lunch, names = task
    day = ExactDay(bars, lunch)
    return {name: exact_value(name, day) for name in names}


def moves(task: Task) -> dict[str, float]:
    """Return how far each exact value moves when computed series are rounded to float64, as errors are measured."""
    bars, lunch, names = task
    one, other = ExactDay(bars, lunch), ExactDay(bars, lunch, rounded=True)
    found = {}
    for name in names:
        a, b = exact_value(name, one), exact_value(name, other)
        moved = abs((b.value - a.value) + (b.rest - a.rest))
        found[name] = math.inf if math.isnan(moved) else moved and (moved / a.scale if a.scale else math.inf)
    return found


def library_values(bars: Mapping[str, np.ndarray], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the libraries' values of a stock-day: library -> factor -> value, NaN where the library fails."""
    frame = Frame(bars)
    found: dict[str, dict[str, float]] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for library, calls in LIBRARIES.items():
            for name in calls.keys() & set(names):
                try:
                    value = float(calls[name](frame))
                except (ValueError, IndexError, KeyError, ZeroDivisionError, np.linalg.LinAlgError):
                    value = math.nan
                found.setdefault(library, {})[name] = value if math.isfinite(value) else math.nan
    return found


def measure(
    days: Sequence[Day],
    names: Sequence[str],
    engines: Mapping[str, Engine],
    *,
    libraries: bool = True,
    processes: int | None = None,
) -> Measured:
    """Compute factors of days on every engine, in the libraries and exactly.

    Parameters
    ----------
    days : sequence of Day
        The days.
    names : sequence of str
        Factors with a reference.
    engines : mapping of str to callable
        As `engine` makes them.
    libraries : bool
        Whether to ask pandas, SciPy and statsmodels too.
    processes : int, optional
        How many compute the exact values; default: as many as cores.
    """
    stocks = [(day, symbol) for day in days for symbol in sorted(day.stocks)]
    tasks: list[Task] = [(day.stocks[symbol], day.lunch, names) for day, symbol in stocks]
    spread = _spread(cores() if processes is None else processes)
    with spread as each:
        exact = list(each(exact_values, tasks))
        cases = []
        for day in days:
            found = {name: run(day, names) for name, run in engines.items()}
            for symbol in sorted(day.stocks):
                others = library_values(day.stocks[symbol], names) if libraries else {}
                known = exact[len(cases) // len(names)]
                for name in names:
                    values = {who: rows[symbol][name] for who, rows in found.items()}
                    values |= {who: rows[name] for who, rows in others.items() if name in rows}
                    cases.append(Case(name, day.kind, day.minutes, symbol, known[name], values))
        doubtful: dict[int, list[Case]] = {}
        for i, case in enumerate(cases):
            if max(case.error(who) for who in engines) > DOUBTFUL:
                doubtful.setdefault(i // len(names), []).append(case)
        again = [(*tasks[stock][:2], [case.factor for case in found]) for stock, found in doubtful.items()]
        for found, moved in zip(doubtful.values(), each(moves, again), strict=True):
            for case in found:
                case.moved = moved[case.factor]
    return Measured(cases, tuple(engines), tuple(LIBRARIES) if libraries else ())


@contextmanager
def _spread(processes: int) -> Iterator[Callable[..., Any]]:
    """Yield what maps a function over tasks, in several processes where there is more than one."""
    if processes < 2:
        yield map
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield pool.map
