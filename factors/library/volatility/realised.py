"""Realised variance, its halves and higher moments, and estimates of it that see through noise."""

import math
from typing import Any

from factors import ops as m
from factors.data.calendar.session import Session
from factors.definitions.decorators import factor
from factors.definitions.ranges import above, whole

Array = Any


def preaveraged(log_returns: Array, k: Array, most: int) -> Array:
    """Return the sum of the last k - 1 log returns with weights min(j/k, 1 - j/k); k is a value, `most` at most."""
    found = m.smaller(1 / k, 1 - 1 / k) * log_returns
    for j in range(2, most):
        weighted = m.smaller(j / k, 1 - j / k) * m.lag(log_returns, j - 1)
        found = found + m.where(k > j, weighted, 0.0)  # a missing lag beyond k does no harm
    return found


@factor(
    family="K",
    unit="ratio²",
    formula=r"\sum_tl_t^2",
    min_bars=2,
    source="HF-R rRVar",
)
def rv(realised_variance: Array) -> Array:
    """Realised variance, the sum of the squared log returns."""
    return realised_variance


@factor(
    family="K",
    unit="ratio",
    formula=r"\sqrt{\sum_tl_t^2}",
    min_bars=2,
    source="DDB-4",
)
def rvol(realised_variance: Array) -> Array:
    """Realised volatility, the root of the realised variance."""
    return m.sqrt(realised_variance)


@factor(
    family="K",
    unit="1",
    formula=r"\frac{\sqrt N\sum l_t^3}{(\sum l_t^2)^{3/2}}",
    min_bars=3,
    source="ACJV 2015; HF-R rSkew",
)
def rskew(log_returns: Array, log_square: Array, realised_variance: Array, log_count: Array) -> Array:
    """Realised skewness, about 0 and not about the mean."""
    cubes = m.sum(log_square * log_returns)
    return m.ratio(m.sqrt(log_count) * cubes, realised_variance * m.sqrt(realised_variance))


@factor(
    family="K",
    unit="1",
    formula=r"\frac{N\sum l_t^4}{(\sum l_t^2)^2}",
    min_bars=4,
    source="ACJV 2015; HF-R rKurt",
)
def rkurt(log_fourths: Array, realised_variance: Array, log_count: Array) -> Array:
    """Realised kurtosis, about 0 and not about the mean."""
    return m.ratio(log_count * log_fourths, realised_variance * realised_variance)


@factor(
    family="K",
    unit="ratio²",
    formula=r"\sum l_t^2\mathbf 1\{l_t>0\}",
    min_bars=2,
    source="BNKS 2010; HF-R rSVar",
)
def rsv_up(up_semivariance: Array) -> Array:
    """Realised semivariance of the rising minutes."""
    return up_semivariance


@factor(
    family="K",
    unit="ratio²",
    formula=r"\sum l_t^2\mathbf 1\{l_t<0\}",
    min_bars=2,
    source="HF-R rSVar",
)
def rsv_down(down_semivariance: Array) -> Array:
    """Realised semivariance of the falling minutes."""
    return down_semivariance


@factor(
    family="K",
    unit="ratio²",
    formula=r"\sum l_t^2\,\mathrm{sgn}(l_t)",
    min_bars=2,
    source="Patton-Sheppard 2015",
)
def signed_jump_variation(up_semivariance: Array, down_semivariance: Array) -> Array:
    """Realised semivariance of the rising minutes less that of the falling ones."""
    return up_semivariance - down_semivariance


@factor(
    family="K",
    unit="1 in [-1,1]",
    formula=r"\frac{\sum l_t^2\,\mathrm{sgn}(l_t)}{\sum l_t^2}",
    min_bars=2,
    source="Patton-Sheppard 2015",
)
def signed_jump_variation_ratio(up_semivariance: Array, down_semivariance: Array, realised_variance: Array) -> Array:
    """Realised semivariance of the rising minutes less that of the falling ones, over the realised variance."""
    return m.ratio(up_semivariance - down_semivariance, realised_variance)


@factor(
    family="K",
    unit="ratio²",
    formula=r"\max\bigl(0,-\overline{l_tl_{t-1}}\bigr)",
    min_bars=20,
    source="ZMA 2005; Oomen",
)
def noise_var(log_returns: Array) -> Array:
    """Variance of the noise in prices, from the covariance of successive log returns; 0 where that is positive."""
    return m.larger(-m.mean(log_returns * m.lag(log_returns)), 0.0)


@factor(
    family="K",
    unit="ratio²",
    formula=r"\frac{RV_5-\rho RV_1}{1-\rho},\ \rho=\frac{n-4}{5n}",
    ranges={"step": whole(2)},
    min_bars=30,
    source="ZMA 2005; HF-R TSRV (default K=300 for ticks)",
)
def tsrv(log_path: Array, realised_variance: Array, log_count: Array, step: int = 5) -> Array:
    """Two-scales realised variance: that of overlapping 5-minute returns, freed of noise by that of the minutes."""
    n = log_count + 1
    change = log_path - m.lag(log_path, step)
    rho = (n - step + 1) / (step * n)
    found = (m.sum(change * change) / step - rho * realised_variance) / (1 - rho)
    return m.where(n > step, found)


@factor(
    family="K",
    unit="ratio²",
    formula=r"\gamma_0+2\sum_{h=1}^5\kappa_h\frac{N}{N-h}\gamma_h",
    ranges={"lags": whole(1, 30)},
    min_bars=30,
    source="BNHLS 2008; HF-R rKernelCov (kernelDOFadj)",
)
def kernel_rv(log_returns: Array, realised_variance: Array, log_count: Array, lags: int = 5) -> Array:
    """Realised kernel with Parzen's weights on five lags."""
    found = realised_variance
    for h in range(1, lags + 1):
        x = (h - 1) / lags
        weight = 1 - 6 * x**2 + 6 * x**3 if x <= 1 / 2 else 2 * (1 - x) ** 3
        found = found + 2 * weight * m.ratio(log_count, log_count - h) * m.sum(log_returns * m.lag(log_returns, h))
    return m.where(log_count > lags, found)


@factor(
    family="K",
    unit="ratio²",
    formula=r"\frac15\sum_{o=0}^4\frac{N}{5m_o}\sum_{j=1}^{m_o}(X_{o+5j}-X_{o+5j-5})^2",
    ranges={"step": whole(1)},
    min_bars=20,
    source="ZMA 2005; HF-R rAVGCov(k=1, alignPeriod=5)",
)
def rv_subsampled(log_path: Array, minute: Array, first_minute: Array, log_count: Array, step: int = 5) -> Array:
    """Realised variance of 5-minute returns, the mean over the five grids they can lie on."""
    place = minute - first_minute  # i = 0..N; the returns that end at i and i + 5 are of one grid
    returns_of_grid = m.floor((log_count - (place - step * m.floor(place / step))) / step)
    change = log_path - m.lag(log_path, step)
    found = log_count / step**2 * m.sum(m.ratio(change * change, returns_of_grid))
    return m.where(log_count >= 2 * step - 1, found)


@factor(
    family="K",
    unit="ratio²",
    formula=r"\frac{1}{\theta\sqrt N\psi_2}\sum_iR_i^2-\frac{\psi_1}{2N\theta^2\psi_2}\sum_tl_t^2",
    ranges={"theta": above(0, 10)},
    min_bars=30,
    source="JLMPV 2009; HF-R rMRCov(n=1)→crv (ignores the theta argument)",
)
def preaveraged_rv(
    log_returns: Array, realised_variance: Array, log_count: Array, session: Session, theta: float = 0.8
) -> Array:
    """Realised variance of log returns averaged over windows of theta·√N minutes, freed of the noise left in them."""
    k = m.bin_index(theta * m.sqrt(log_count))
    averages = preaveraged(log_returns, k, math.floor(theta * math.sqrt(session.minutes - 1) + 1e-9))
    odd = k - 2 * m.floor(k / 2)
    psi1, psi2 = 1 - odd / k, (k * k + 2 - 3 * odd) / (12 * k * k)  # what the sums over g come to
    found = m.sum(averages * averages) / (theta * m.sqrt(log_count) * psi2)
    return m.where(k >= 2, found - psi1 * realised_variance / (2 * log_count * theta**2 * psi2))
