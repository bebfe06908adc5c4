"""Jump-robust variance and quarticity: a_1..a_N are the day's absolute log returns."""

from __future__ import annotations

import math
from statistics import median

from factors.loops.day import StockDay
from factors.loops.moments import NAN, total
from factors.loops.registry import loop
from factors.loops.volatility.realised import fourths, logs, squares


def sizes(day: StockDay) -> list[float]:
    """a_1..a_N, a = |l|."""
    return [abs(x) for x in logs(day)]


def runs_of(values: list[float], length: int) -> list[list[float]]:
    """All stretches of successive values of a length."""
    return [values[i : i + length] for i in range(len(values) - length + 1)]


def products(values: list[float], length: int, power: float = 1.0) -> float:
    """Σ (product of so many successive values)^power."""
    return total(math.prod(run) ** power for run in runs_of(values, length))


def mu(p: float) -> float:
    """μ_p = E|Z|^p = 2^(p/2)·Γ((p + 1)/2)/Γ(1/2)."""
    return math.exp(p / 2 * math.log(2) + math.lgamma((p + 1) / 2) - math.lgamma(1 / 2))


def bipower_variation(day: StockDay) -> float:
    """(π/2)·Σ a_i·a_{i−1}; NaN for N < 2."""
    a = sizes(day)
    return math.pi / 2 * products(a, 2) if len(a) >= 2 else NAN


def tripower_variation(day: StockDay) -> float:
    """IV = μ_(2/3)^−3·Σ (a_i·a_{i−1}·a_{i−2})^(2/3); NaN for N < 3."""
    a = sizes(day)
    return products(a, 3, 2 / 3) / mu(2 / 3) ** 3 if len(a) >= 3 else NAN


def tripower_quarticity(day: StockDay) -> float:
    """μ_(4/3)^−3·N·N/(N − 2)·Σ (a_i·a_{i−1}·a_{i−2})^(4/3); NaN for N < 3."""
    a = sizes(day)
    n = len(a)
    return n * n / (n - 2) * products(a, 3, 4 / 3) / mu(4 / 3) ** 3 if n >= 3 else NAN


@loop(inputs=("close",), min_bars=2)
def rquar(day: StockDay) -> float:
    """N/3·Σ l⁴."""
    return len(logs(day)) / 3 * fourths(logs(day))


@loop(inputs=("close",), min_bars=3)
def bpv(day: StockDay) -> float:
    """(π/2)·Σ a_i·a_{i−1}; NaN for N < 2."""
    return bipower_variation(day)


@loop(inputs=("close",), min_bars=4)
def mpv(day: StockDay) -> float:
    """(π/2)·N/(N − 1)·Σ a_i·a_{i−1}; NaN for N < 2."""
    n = len(logs(day))
    return bipower_variation(day) * n / (n - 1) if n >= 2 else NAN


@loop(inputs=("close",), min_bars=3)
def min_rv(day: StockDay) -> float:
    """π/(π − 2)·N/(N − 1)·Σ min(a_i, a_{i−1})²; NaN for N < 2."""
    a = sizes(day)
    n = len(a)
    if n < 2:
        return NAN
    return math.pi / (math.pi - 2) * n / (n - 1) * squares([min(run) for run in runs_of(a, 2)])


@loop(inputs=("close",), min_bars=3)
def min_rq(day: StockDay) -> float:
    """πN/(3π − 8)·N/(N − 1)·Σ min(a_i, a_{i−1})⁴; NaN for N < 2."""
    a = sizes(day)
    n = len(a)
    if n < 2:
        return NAN
    return math.pi * n / (3 * math.pi - 8) * n / (n - 1) * fourths([min(run) for run in runs_of(a, 2)])


@loop(inputs=("close",), min_bars=3)
def med_rv(day: StockDay) -> float:
    """π/(6 − 4√3 + π)·N/(N − 2)·Σ median(a_{i−2}, a_{i−1}, a_i)²; NaN for N < 3."""
    a = sizes(day)
    n = len(a)
    if n < 3:
        return NAN
    factor = math.pi / (6 - 4 * math.sqrt(3) + math.pi)
    return factor * n / (n - 2) * squares([median(run) for run in runs_of(a, 3)])


@loop(inputs=("close",), min_bars=3)
def med_rq(day: StockDay) -> float:
    """3πN/(9π + 72 − 52√3)·N/(N − 2)·Σ median(a_{i−2}, a_{i−1}, a_i)⁴; NaN for N < 3."""
    a = sizes(day)
    n = len(a)
    if n < 3:
        return NAN
    factor = 3 * math.pi * n / (9 * math.pi + 72 - 52 * math.sqrt(3))
    return factor * n / (n - 2) * fourths([median(run) for run in runs_of(a, 3)])


@loop(inputs=("close",), min_bars=4)
def tpv(day: StockDay) -> float:
    """μ_(2/3)^−3·N/(N − 2)·Σ (a_i·a_{i−1}·a_{i−2})^(2/3); NaN for N < 3."""
    n = len(logs(day))
    return tripower_variation(day) * n / (n - 2) if n >= 3 else NAN


@loop(inputs=("close",), min_bars=4)
def tpq(day: StockDay) -> float:
    """μ_(4/3)^−3·N·N/(N − 2)·Σ (a_i·a_{i−1}·a_{i−2})^(4/3); NaN for N < 3."""
    return tripower_quarticity(day)


@loop(inputs=("close",), min_bars=5)
def qpq(day: StockDay) -> float:
    """(π²/4)·N·N/(N − 3)·Σ a_i·a_{i−1}·a_{i−2}·a_{i−3}; NaN for N < 4."""
    a = sizes(day)
    n = len(a)
    return math.pi * math.pi / 4 * n * n / (n - 3) * products(a, 4) if n >= 4 else NAN


@loop(inputs=("close",), min_bars=20)
def iv_stderr(day: StockDay, theta: float = 2) -> float:
    """√(2·tpq/N)."""
    return math.sqrt(theta * tripower_quarticity(day) / len(logs(day)))
