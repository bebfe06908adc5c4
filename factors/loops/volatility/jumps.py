"""Jump variation, thresholds and tests for jumps, on the day's log returns l_1..l_N."""

from __future__ import annotations

import math

from factors.loops.day import StockDay
from factors.loops.moments import NAN, mean, missing, ratio, total
from factors.loops.registry import loop
from factors.loops.volatility.quarticity import (
    bipower_variation,
    mu,
    products,
    sizes,
    tripower_quarticity,
    tripower_variation,
)
from factors.loops.volatility.realised import fourths, log_change_over, logs, squares


def above(size: float) -> float:
    """max(size, 0); NaN stays."""
    return NAN if missing(size) else max(size, 0.0)


def jumps(day: StockDay, side: int) -> float:
    """max(Σ l²·1{l>0} − IV/2, 0) for side 1; with l<0 for side −1."""
    return above(squares([x for x in logs(day) if x * side > 0]) - tripower_variation(day) / 2)


def large_jumps(day: StockDay, side: int, alpha: float, w: float) -> float:
    """min(jumps, Σ l²·1{l>g}), g = α·√IV·N^−w, for side 1; with l<−g for side −1."""
    iv = tripower_variation(day)
    if missing(iv):
        return NAN
    g = alpha * math.sqrt(iv) * len(logs(day)) ** -w
    return min(jumps(day, side), squares([x for x in logs(day) if x * side > g]))


def small_jumps(day: StockDay, side: int, alpha: float, w: float) -> float:
    """The jumps without the large ones."""
    return jumps(day, side) - large_jumps(day, side, alpha, w)


def swap(x: float) -> float:
    """j(x) = 2(e^x − 1 − x) − x², by its power series to x^14 where |x| ≤ 0.5."""
    if abs(x) <= 0.5:
        return total(2 * x**k / math.factorial(k) for k in range(3, 15))
    return 2 * (math.exp(x) - 1 - x) - x * x


@loop(inputs=("close",), min_bars=10)
def jump_variation(day: StockDay) -> float:
    """max(Σ l² − IV, 0), IV the tripower variation; NaN for N < 3."""
    return above(squares(logs(day)) - tripower_variation(day))


@loop(inputs=("close",), min_bars=10)
def jump_ratio(day: StockDay) -> float:
    """max(Σ l² − bpv, 0)/Σ l²."""
    realised = squares(logs(day))
    return ratio(above(realised - bipower_variation(day)), realised)


@loop(inputs=("close",), min_bars=10)
def jump_up(day: StockDay) -> float:
    """max(Σ l²·1{l>0} − IV/2, 0)."""
    return jumps(day, 1)


@loop(inputs=("close",), min_bars=10)
def jump_down(day: StockDay) -> float:
    """max(Σ l²·1{l<0} − IV/2, 0)."""
    return jumps(day, -1)


@loop(inputs=("close",), min_bars=10)
def jump_asym(day: StockDay) -> float:
    """jump_up − jump_down."""
    return jumps(day, 1) - jumps(day, -1)


@loop(inputs=("close",), min_bars=10)
def jump_up_large(day: StockDay, alpha: float = 4, w: float = 0.49) -> float:
    """min(jump_up, Σ l²·1{l>g}), g = 4·√IV·N^−0.49."""
    return large_jumps(day, 1, alpha, w)


@loop(inputs=("close",), min_bars=10)
def jump_down_large(day: StockDay, alpha: float = 4, w: float = 0.49) -> float:
    """min(jump_down, Σ l²·1{l<−g}), g = 4·√IV·N^−0.49."""
    return large_jumps(day, -1, alpha, w)


@loop(inputs=("close",), min_bars=10)
def jump_up_small(day: StockDay, alpha: float = 4, w: float = 0.49) -> float:
    """jump_up − jump_up_large."""
    return small_jumps(day, 1, alpha, w)


@loop(inputs=("close",), min_bars=10)
def jump_down_small(day: StockDay, alpha: float = 4, w: float = 0.49) -> float:
    """jump_down − jump_down_large."""
    return small_jumps(day, -1, alpha, w)


@loop(inputs=("close",), min_bars=10)
def jump_large_asym(day: StockDay, alpha: float = 4, w: float = 0.49) -> float:
    """jump_up_large − jump_down_large."""
    return large_jumps(day, 1, alpha, w) - large_jumps(day, -1, alpha, w)


@loop(inputs=("close",), min_bars=10)
def jump_small_asym(day: StockDay, alpha: float = 4, w: float = 0.49) -> float:
    """jump_up_small − jump_down_small."""
    return small_jumps(day, 1, alpha, w) - small_jumps(day, -1, alpha, w)


@loop(inputs=("close",), min_bars=10)
def threshold_rv(day: StockDay, c: float = 3, w: float = 0.49) -> float:
    """Σ l²·1{|l| ≤ 3·√bpv·N^−0.49}; NaN for N < 2."""
    bipower = bipower_variation(day)
    if missing(bipower):
        return NAN
    bound = c * math.sqrt(bipower) * len(logs(day)) ** -w
    return squares([x for x in logs(day) if abs(x) <= bound])


@loop(inputs=("close",), min_bars=20)
def jump_count(day: StockDay, c: float = 4) -> float:
    """#{|l| > 4·√(bpv/N)}; NaN for bpv = 0."""
    bipower = bipower_variation(day)
    if missing(bipower) or bipower == 0:
        return NAN
    bound = c * math.sqrt(bipower / len(logs(day)))
    return sum(a > bound for a in sizes(day))


@loop(inputs=("close",), min_bars=20)
def bns_z(day: StockDay) -> float:
    """√N·(1 − bpv/rv)/√((π²/4 + π − 5)·max(1, tpq/bpv²)); NaN for rv = 0 or bpv = 0."""
    ls = logs(day)
    realised, bipower = squares(ls), bipower_variation(day)
    if realised == 0 or bipower == 0:
        return NAN
    spread = (math.pi**2 / 4 + math.pi - 5) * max(1.0, ratio(tripower_quarticity(day), bipower * bipower))
    return math.sqrt(len(ls)) * (1 - bipower / realised) / math.sqrt(spread)


@loop(inputs=("close",), min_bars=20)
def jo_z(day: StockDay) -> float:
    """(N·bpv/√Ω)·Σj(l)/(Σ l² + Σj(l)); NaN for N < 6, Ω = 0 or a denominator of 0.

    Ω = (15/9)·N³·μ_(3/2)^−4/(N − 5)·Σ (|l_i l_{i−1} l_{i−2} l_{i−3}|)^1.5
    """
    ls = logs(day)
    n = len(ls)
    if n < 6:
        return NAN
    omega = 15 / 9 * n**3 / mu(1.5) ** 4 / (n - 5) * products(sizes(day), 4, 1.5)
    left = total(swap(x) for x in ls)
    return ratio(n * bipower_variation(day), math.sqrt(omega)) * ratio(left, squares(ls) + left)


@loop(inputs=("close",), min_bars=40)
def aj_z(day: StockDay, alpha: float = 4, w: float = 0.47) -> float:
    """(S − 2)/√v, S = Σ_{j=1..⌊N/2⌋} (X_{2j} − X_{2j−2})⁴/Σ l⁴, v = M·A8/(N·A4²), M = 479.84/9.

    A4 = N/3·Σ l⁴ and A8 = N³/105·Σ l⁸ over the |l| < 4·√rv·N^−0.47; NaN for Σ l⁴ = 0 or A4 = 0.
    """
    ls = logs(day)
    n = len(ls)
    kept = [x for x in ls if abs(x) < alpha * math.sqrt(squares(ls)) * n**-w]
    a4 = n / 3 * fourths(kept)
    a8 = n**3 / 105 * fourths([x * x for x in kept])
    if fourths(ls) == 0 or a4 == 0:
        return NAN
    s = fourths([log_change_over(day, 2 * j, 2) for j in range(1, n // 2 + 1)]) / fourths(ls)
    v = 479.84 / 9 * a8 / (n * a4 * a4)
    return ratio(s - 2, math.sqrt(v))


@loop(inputs=("close",), min_bars=30)
def jump_taylor(day: StockDay) -> float:
    """Mean of j(l)."""
    return mean([swap(x) for x in logs(day)])
