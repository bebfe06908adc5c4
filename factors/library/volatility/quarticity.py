"""Estimates of variance and quarticity that jumps hardly reach: products, minima and medians of neighbours."""

import math
from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import above
from factors.library.volatility.realised_shared import fourth

Array = Any


@factor(
    family="K",
    unit="ratio⁴",
    formula=r"\frac N3\sum_tl_t^4",
    min_bars=2,
    source="HF-R rQuar (code: N=nrow+1)",
)
def rquar(log_fourths: Array, log_count: Array) -> Array:
    """Realised quarticity, of N genuine returns."""
    return log_count / 3 * log_fourths


@factor(
    family="K",
    unit="ratio²",
    formula=r"\frac\pi2\sum_t|l_t||l_{t-1}|",
    min_bars=3,
    source="BNS 2004; HF-R rBPCov/RBPVar has NO N/(N-1)",
)
def bpv(bipower: Array) -> Array:
    """Bipower variation, without a finite-sample factor."""
    return bipower


@factor(
    family="K",
    unit="ratio²",
    formula=r"\frac\pi2\frac{N}{N-1}\sum_t|l_t||l_{t-1}|",
    min_bars=4,
    source="HF-R rMPVar",
)
def mpv(bipower: Array, log_count: Array) -> Array:
    """Multipower variation of two successive returns: bipower variation with its finite-sample factor."""
    return m.ratio(log_count, log_count - 1) * bipower


@factor(
    family="K",
    unit="ratio²",
    formula=r"\frac{\pi}{\pi-2}\frac{N}{N-1}\sum_t\min(|l_t|,|l_{t-1}|)^2",
    min_bars=3,
    source="ADS 2012; HF-R rMinRVar",
)
def min_rv(smaller_of_two: Array, log_count: Array) -> Array:
    """Variance from the smaller of two successive absolute log returns."""
    scale = math.pi / (math.pi - 2) * m.ratio(log_count, log_count - 1)
    return scale * m.sum(smaller_of_two * smaller_of_two)


@factor(
    family="K",
    unit="ratio⁴",
    formula=r"\frac{\pi N}{3\pi-8}\frac{N}{N-1}\sum_t\min(|l_t|,|l_{t-1}|)^4",
    min_bars=3,
    source="HF-R rMinRQuar",
)
def min_rq(smaller_of_two: Array, log_count: Array) -> Array:
    """Quarticity from the smaller of two successive absolute log returns."""
    scale = math.pi * log_count / (3 * math.pi - 8) * m.ratio(log_count, log_count - 1)
    return scale * m.sum(fourth(smaller_of_two))


@factor(
    family="K",
    unit="ratio²",
    formula=r"\frac{\pi}{6-4\sqrt3+\pi}\frac{N}{N-2}\sum_t\mathrm{med}(|l_{t-2}|,|l_{t-1}|,|l_t|)^2",
    min_bars=3,
    source="ADS 2012; HF-R rMedRVar",
)
def med_rv(middle_of_three: Array, log_count: Array) -> Array:
    """Variance from the median of three successive absolute log returns."""
    scale = math.pi / (6 - 4 * math.sqrt(3) + math.pi) * m.ratio(log_count, log_count - 2)
    return scale * m.sum(middle_of_three * middle_of_three)


@factor(
    family="K",
    unit="ratio⁴",
    formula=r"\frac{3\pi N}{9\pi+72-52\sqrt3}\frac{N}{N-2}\sum_t\mathrm{med}(|l_{t-2}|,|l_{t-1}|,|l_t|)^4",
    min_bars=3,
    source="HF-R rMedRQuar",
)
def med_rq(middle_of_three: Array, log_count: Array) -> Array:
    """Quarticity from the median of three successive absolute log returns."""
    scale = 3 * math.pi * log_count / (9 * math.pi + 72 - 52 * math.sqrt(3)) * m.ratio(log_count, log_count - 2)
    return scale * m.sum(fourth(middle_of_three))


@factor(
    family="K",
    unit="ratio²",
    formula=r"\mu_{2/3}^{-3}\frac{N}{N-2}\sum_t(|l_t||l_{t-1}||l_{t-2}|)^{2/3}",
    min_bars=4,
    source="BNS; DDB-18 constant (verified), DDB has no N/(N-2)",
)
def tpv(tripower: Array, log_count: Array) -> Array:
    """Tripower variation with its finite-sample factor."""
    return m.ratio(log_count, log_count - 2) * tripower


@factor(
    family="K",
    unit="ratio⁴",
    formula=r"\mu_{4/3}^{-3}N\frac{N}{N-2}\sum_t(|l_t||l_{t-1}||l_{t-2}|)^{4/3}",
    min_bars=4,
    source="HF-R rTPQuar",
)
def tpq(tripower_quarticity: Array) -> Array:
    """Tripower quarticity."""
    return tripower_quarticity


@factor(
    family="K",
    unit="ratio⁴",
    formula=r"\frac{\pi^2}{4}N\frac{N}{N-3}\sum_t|l_tl_{t-1}l_{t-2}l_{t-3}|",
    min_bars=5,
    source="HF-R rQPVar code (its help page prints (π²/4)^{-4}: wrong)",
)
def qpq(product_of_four: Array, log_count: Array) -> Array:
    """Quadpower quarticity."""
    n = m.where(log_count >= 4, log_count)
    return math.pi**2 / 4 * n * n / (n - 3) * m.sum(product_of_four)


@factor(
    family="K",
    unit="ratio²",
    formula=r"\sqrt{2\,TPQ/N}",
    ranges={"theta": above(0, 10)},
    min_bars=20,
    source="ADS 2012; HF-R IVinference",
)
def iv_stderr(tripower_quarticity: Array, log_count: Array, theta: float = 2) -> Array:
    """Standard error of the realised variance."""
    return m.sqrt(theta * tripower_quarticity / log_count)
