"""Jumps: what realised variance has more than its jump-proof estimates, thresholds and tests."""

import math
from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import above
from factors.library.volatility.realised_shared import absolute_moment, fourth

Array = Any


def bound(variance: Array, log_count: Array, c: float, w: float) -> Array:
    """Return the size above which a log return counts as a jump, c·√variance·N^-w."""
    return c * m.sqrt(variance) * m.power(log_count, -w)


def large(size: Array, rises: Array, limit: Array) -> Array:
    """Return the part of a jump variation that the returns beyond a limit explain."""
    return m.smaller(size, m.sum(m.where(rises > limit, rises * rises)))


@factor(
    family="K",
    unit="ratio²",
    formula=r"\max(RV-IV,0),\ IV=\mu_{2/3}^{-3}\sum(|l_t||l_{t-1}||l_{t-2}|)^{2/3}",
    min_bars=10,
    source="DDB-18; ABD 2007",
)
def jump_variation(realised_variance: Array, tripower: Array) -> Array:
    """Realised variance above the tripower variation."""
    return m.larger(realised_variance - tripower, 0.0)


@factor(
    family="K",
    unit="1 in [0,1]",
    formula=r"\frac{\max(RV-BPV,0)}{RV}",
    min_bars=10,
    source="Huang-Tauchen 2005 relative jump",
)
def jump_ratio(realised_variance: Array, bipower: Array) -> Array:
    """Realised variance above the bipower variation, over the realised variance."""
    return m.ratio(m.larger(realised_variance - bipower, 0.0), realised_variance)


@factor(
    family="K",
    unit="ratio²",
    formula=r"\max(RS^+-IV/2,0)",
    min_bars=10,
    source="DDB-20 (Jiang et al. 2020, Econometrics 8(2))",
)
def jump_up(jump_up_size: Array) -> Array:
    """Variation of the upward jumps."""
    return jump_up_size


@factor(
    family="K",
    unit="ratio²",
    formula=r"\max(RS^--IV/2,0)",
    min_bars=10,
    source="DDB-21",
)
def jump_down(jump_down_size: Array) -> Array:
    """Variation of the downward jumps."""
    return jump_down_size


@factor(
    family="K",
    unit="ratio²",
    formula=r"J^+-J^-",
    min_bars=10,
    source="DDB-27",
)
def jump_asym(jump_up_size: Array, jump_down_size: Array) -> Array:
    """Variation of the upward jumps less that of the downward ones."""
    return jump_up_size - jump_down_size


@factor(
    family="K",
    unit="ratio²",
    formula=r"\min\bigl(J^+,\sum l_t^2\mathbf 1\{l_t>g\}\bigr),\ g=4\sqrt{IV}N^{-0.49}",
    ranges={"alpha": above(0), "w": above(0, 1)},
    min_bars=10,
    source="DDB-33; Duong-Swanson 2015",
)
def jump_up_large(
    jump_up_size: Array, log_returns: Array, tripower: Array, log_count: Array, alpha: float = 4, w: float = 0.49
) -> Array:
    """Variation of the large upward jumps."""
    return large(jump_up_size, log_returns, bound(tripower, log_count, alpha, w))


@factor(
    family="K",
    unit="ratio²",
    formula=r"\min\bigl(J^-,\sum l_t^2\mathbf 1\{l_t<-g\}\bigr),\ g=4\sqrt{IV}N^{-0.49}",
    ranges={"alpha": above(0), "w": above(0, 1)},
    min_bars=10,
    source="DDB-34",
)
def jump_down_large(
    jump_down_size: Array, log_returns: Array, tripower: Array, log_count: Array, alpha: float = 4, w: float = 0.49
) -> Array:
    """Variation of the large downward jumps."""
    return large(jump_down_size, -log_returns, bound(tripower, log_count, alpha, w))


@factor(
    family="K",
    unit="ratio²",
    formula=r"J^+-J^+_{large}",
    ranges={"alpha": above(0), "w": above(0, 1)},
    min_bars=10,
    source="DDB-35,36",
)
def jump_up_small(
    jump_up_size: Array, log_returns: Array, tripower: Array, log_count: Array, alpha: float = 4, w: float = 0.49
) -> Array:
    """Variation of the upward jumps but for the large ones."""
    return jump_up_size - large(jump_up_size, log_returns, bound(tripower, log_count, alpha, w))


@factor(
    family="K",
    unit="ratio²",
    formula=r"J^--J^-_{large}",
    ranges={"alpha": above(0), "w": above(0, 1)},
    min_bars=10,
    source="DDB-35,36",
)
def jump_down_small(
    jump_down_size: Array, log_returns: Array, tripower: Array, log_count: Array, alpha: float = 4, w: float = 0.49
) -> Array:
    """Variation of the downward jumps but for the large ones."""
    return jump_down_size - large(jump_down_size, -log_returns, bound(tripower, log_count, alpha, w))


@factor(
    family="K",
    unit="ratio²",
    formula=r"J^+_{large}-J^-_{large}",
    ranges={"alpha": above(0), "w": above(0, 1)},
    min_bars=10,
    source="DDB-47,48",
)
def jump_large_asym(
    jump_up_size: Array, jump_down_size: Array, log_returns: Array, tripower: Array, log_count: Array,
    alpha: float = 4, w: float = 0.49,
) -> Array:  # fmt: skip
    """Variation of the large upward jumps less that of the large downward ones."""
    g = bound(tripower, log_count, alpha, w)
    return large(jump_up_size, log_returns, g) - large(jump_down_size, -log_returns, g)


@factor(
    family="K",
    unit="ratio²",
    formula=r"J^+_{small}-J^-_{small}",
    ranges={"alpha": above(0), "w": above(0, 1)},
    min_bars=10,
    source="DDB-47,48",
)
def jump_small_asym(
    jump_up_size: Array, jump_down_size: Array, log_returns: Array, tripower: Array, log_count: Array,
    alpha: float = 4, w: float = 0.49,
) -> Array:  # fmt: skip
    """Variation of the small upward jumps less that of the small downward ones."""
    g = bound(tripower, log_count, alpha, w)
    up = jump_up_size - large(jump_up_size, log_returns, g)
    return up - (jump_down_size - large(jump_down_size, -log_returns, g))


@factor(
    family="K",
    unit="ratio²",
    formula=r"\sum l_t^2\mathbf 1\{|l_t|\le3\sqrt{BPV}N^{-0.49}\}",
    ranges={"c": above(0), "w": above(0, 1)},
    min_bars=10,
    source="Mancini 2009; HF-R rThresholdCov",
)
def threshold_rv(
    abs_log: Array, log_square: Array, bipower: Array, log_count: Array, c: float = 3, w: float = 0.49
) -> Array:
    """Realised variance of the minutes whose return stays within a bound set by the bipower variation."""
    kept = abs_log <= bound(bipower, log_count, c, w)
    return m.where(log_count >= 2, m.sum(m.where(kept, log_square)))


@factor(
    family="K",
    unit="count",
    formula=r"\#\{|l_t|>4\sqrt{BPV/N}\}",
    ranges={"c": above(0)},
    min_bars=20,
    source="Lee-Mykland type, simplified",
)
def jump_count(abs_log: Array, bipower: Array, log_count: Array, c: float = 4) -> Array:
    """Number of minutes whose return is beyond c standard deviations of an even minute."""
    return m.where(bipower > 0, m.count(abs_log > c * m.sqrt(bipower / log_count)))


@factor(
    family="K",
    unit="1 (~N(0,1))",
    formula=r"\frac{\sqrt N(1-BPV/RV)}{\sqrt{(\pi^2/4+\pi-5)\max(1,TPQ/BPV^2)}}",
    min_bars=20,
    aliases=("abd_z",),
    source='BNS 2006, Huang-Tauchen; HF-R BNSjumpTest(type="ratio",max=TRUE)',
)
def bns_z(realised_variance: Array, bipower: Array, tripower_quarticity: Array, log_count: Array) -> Array:
    """Barndorff-Nielsen and Shephard's test for jumps, ratio type with the maximum."""
    spread = (math.pi**2 / 4 + math.pi - 5) * m.clip(m.ratio(tripower_quarticity, bipower * bipower), 1.0)
    return m.sqrt(log_count) * (1 - m.ratio(bipower, realised_variance)) / m.sqrt(spread)


@factor(
    family="K",
    unit="1",
    formula=(
        r"\frac{N\,BPV}{\sqrt\Omega}\Bigl(1-\frac{RV}{SwV}\Bigr),"
        r"\ \Omega=\frac{15}{9}\frac{N^3\mu_{3/2}^{-4}}{N-5}\sum|l_tl_{t-1}l_{t-2}l_{t-3}|^{3/2}"
    ),
    min_bars=20,
    source='Jiang-Oomen 2008; HF-R JOjumpTest(power=4) (N-4-1, "check formula" in its source)',
)
def jo_z(swap_term: Array, realised_variance: Array, bipower: Array, product_of_four: Array, log_count: Array) -> Array:
    """Jiang and Oomen's test for jumps, from what a variance swap's replication leaves."""
    n = m.where(log_count >= 6, log_count)
    sixths = m.sum(product_of_four * m.sqrt(product_of_four))
    omega = 15 / 9 * n**3 * absolute_moment(3 / 2) ** -4 / (n - 5) * sixths
    left = m.sum(swap_term)
    return m.ratio(n * bipower, m.sqrt(omega)) * m.ratio(left, realised_variance + left)


@factor(
    family="K",
    unit="1",
    formula=(
        r"\frac{S-2}{\sqrt{M A_8/(N A_4^2)}},"
        r"\ S=\frac{\sum(X_{2j}-X_{2j-2})^4}{\sum l_t^4},\ M=\frac{479.84}{9}"
    ),
    ranges={"alpha": above(0), "w": above(0, 1)},
    min_bars=40,
    source="Aït-Sahalia-Jacod 2009; HF-R AJjumpTest (forces 1-second grid first)",
)
def aj_z(
    log_path: Array, abs_log: Array, realised_variance: Array, log_fourths: Array, minute: Array,
    first_minute: Array, log_count: Array, alpha: float = 4, w: float = 0.47,
) -> Array:  # fmt: skip
    """Ait-Sahalia and Jacod's test for jumps: fourth powers of two-minute returns over those of one minute."""
    place = minute - first_minute
    two = m.where(2 * m.floor(place / 2) == place, log_path - m.lag(log_path, 2))
    kept = m.where(abs_log < bound(realised_variance, log_count, alpha, w), fourth(abs_log))
    a4, a8 = log_count / 3 * m.sum(kept), log_count**3 / 105 * m.sum(kept * kept)
    spread = (4 * 3 * 105 + 4 * 1 * 9 - 4 * 204.04) / 9 * m.ratio(a8, log_count * a4 * a4)
    return m.ratio(m.ratio(m.sum(fourth(two)), log_fourths) - 2, m.sqrt(spread))


@factor(
    family="F",
    unit="ratio³",
    formula=r"\frac1N\sum_t\bigl[2(e^{l_t}-1-l_t)-l_t^2\bigr]",
    min_bars=30,
    source="FZ6 飞蛾扑火; Jiang-Oomen 2008",
)
def jump_taylor(swap_term: Array) -> Array:
    """Mean of what is left of 2(e^l - 1 - l) after l², a third of the cubed log return to first order."""
    return m.mean(swap_term)
