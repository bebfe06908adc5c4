"""Quantiles of returns and trade sizes, and what is made of them."""

from __future__ import annotations

import math
from statistics import NormalDist

from factors.loops.day import StockDay
from factors.loops.moments import NAN, ratio, total, valued, var
from factors.loops.order_tools import median, quantile
from factors.loops.registry import loop


@loop(inputs=("open", "close"), min_bars=3)
def return_mad(day: StockDay) -> float:
    """median |r_t − median(r)|."""
    r = valued(day.returns)
    middle = median(r)
    return median(abs(x - middle) for x in r)


@loop(inputs=("open", "close"), min_bars=4)
def return_iqr(day: StockDay) -> float:
    """Q_0.75(r_t) − Q_0.25(r_t)."""
    r = valued(day.returns)
    return quantile(r, 0.75) - quantile(r, 0.25)


@loop(inputs=("open", "close"), min_bars=20)
def return_outlier_sum(day: StockDay, z: float = 1.96, mad_scale: float = 1.483) -> float:
    """Σ r_t·1{|r_t − median(r)| > 1.96·1.483·MAD}; NaN if MAD = 0."""
    r = valued(day.returns)
    middle = median(r)
    mad = median(abs(x - middle) for x in r)
    if not mad > 0:
        return NAN
    return total(x for x in r if abs(x - middle) > z * mad_scale * mad)


@loop(inputs=("amount", "trades"), min_bars=30)
def amount_per_trade_quantile(day: StockDay, drop: int = 10, q: float = 0.1) -> float:
    """(Q_0.1(x) − min x)/(max x − min x), x = the P_t without the 10 largest; NaN for fewer than 12 P_t."""
    x = sorted(valued(day.amount_per_trade))
    if len(x) < drop + 2:
        return NAN
    x = x[: len(x) - drop]
    return ratio(quantile(x, q) - x[0], x[-1] - x[0])


@loop(inputs=("close",), min_bars=20)
def row_var(day: StockDay) -> float:
    """c·Σ w_t·l_t²/mean(w_t), w_t = 1{l_t² ≤ q·MCD}, by way of the calmer half of the sorted l_t; NaN if MCD = 0."""
    rising = sorted(valued(day.log_returns))
    n = len(rising)
    if not n:
        return NAN
    h = (n + 2) // 2
    calm = min(var(rising[i : i + h]) for i in range(n - h + 1))
    mcd = calm * (h / n) / chi2_3(NormalDist().inv_cdf((1 + h / n) / 2) ** 2)
    if not mcd > 0:
        return NAN
    q = 10.8275661706627
    kept = [x * x for x in rising if x * x <= q * mcd]
    return ratio(0.999 / chi2_3(q) * total(kept), len(kept) / n)


def chi2_3(x: float) -> float:
    """P(χ²₃ ≤ x)."""
    return math.erf(math.sqrt(x / 2)) - math.sqrt(2 * x / math.pi) * math.exp(-x / 2)
