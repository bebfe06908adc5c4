"""Dependence of returns on those before them, roughness and disorder of the price path."""

import math
from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import whole

Array = Any


def variance_ratio(log_deviation: Array, log_count: Array, q: int) -> Array:
    """Return Lo and MacKinlay's variance of q-minute returns over that of one minute, less 1."""
    change = log_deviation
    for j in range(1, q):
        change = change + m.lag(log_deviation, j)
    pairs = q * (log_count - q + 1) * (1 - q / log_count)
    short = m.sum(log_deviation * log_deviation) / (log_count - 1)
    return m.where(log_count > q, m.ratio(m.sum(change * change) / pairs, short) - 1)


@factor(
    family="L",
    unit="1",
    formula=r"\frac{\sum(r_t-\bar r)(r_{t-1}-\bar r)}{\sum(r_t-\bar r)^2}",
    min_bars=10,
    version=2,
    source="standard",
)
def ret_autocorr_1(returns: Array) -> Array:
    """Autocorrelation of the returns, all about the mean of the day."""
    d = m.centred(returns)
    return m.ratio(m.sum(d * m.lag(d)), m.sum(d * d))


@factor(
    family="L",
    unit="1",
    formula=r"\frac{\sigma_c^2(5)}{\sigma_a^2}-1",
    ranges={"q": whole(2, 30)},
    min_bars=30,
    version=2,
    source="Lo-MacKinlay 1988",
)
def variance_ratio_5(log_deviation: Array, log_count: Array, q: int = 5) -> Array:
    """Variance of 5-minute returns over five times that of one minute, less 1."""
    return variance_ratio(log_deviation, log_count, q)


@factor(
    family="L",
    unit="1 (~N(0,1))",
    formula=r"\frac{VR(5)-1}{\sqrt{\sum_{j=1}^4\bigl(\tfrac{2(5-j)}{5}\bigr)^2\delta_j}}",
    ranges={"q": whole(2, 30)},
    min_bars=30,
    version=2,
    source="Lo-MacKinlay 1988",
)
def variance_ratio_z(log_deviation: Array, log_count: Array, q: int = 5) -> Array:
    """Test of the variance ratio against 0 that allows for changing variance."""
    square = log_deviation * log_deviation
    spread = 0.0
    for j in range(1, q):
        spread = spread + (2 * (q - j) / q) ** 2 * m.sum(square * m.lag(square, j))
    return m.ratio(variance_ratio(log_deviation, log_count, q) * m.sum(square), m.sqrt(spread))


@factor(
    family="L",
    unit="1",
    formula=r"\tfrac12\,\mathrm{slope}\bigl(\ln\overline{(X_{t+\tau}-X_t)^2},\ \ln\tau\bigr)",
    ranges={"max_lag": whole(2, 30)},
    min_bars=60,
    source="standard",
)
def hurst_diff(log_path: Array, max_lag: int = 20) -> Array:
    """Hurst exponent: how the mean squared price change grows with its lag, from 1 to 20 minutes."""
    lags = range(1, max_lag + 1)
    sizes = [m.mean((log_path - m.lag(log_path, k)) ** 2) for k in lags]
    return m.slope_of([m.log(size) for size in sizes], [math.log(k) for k in lags], least=max_lag) / 2


@factor(
    family="L",
    unit="1 in [0,1]",
    formula=r"-\frac{1}{\ln6}\sum_{\pi}p_\pi\ln p_\pi",
    min_bars=30,
    source="Bandt-Pompe 2002",
)
def permutation_entropy(close: Array) -> Array:
    """Entropy of the order patterns of three successive closes."""
    first, second = m.lag(close, 2), m.lag(close)
    rising = [m.where(a <= b, 1.0, 0.0) for a, b in ((first, second), (second, close), (first, close))]
    pattern = m.where(m.exists(first), 4 * rising[0] + 2 * rising[1] + rising[2])
    return m.entropy_of([m.count(pattern == code) for code in (0, 2, 3, 4, 5, 7)]) / math.log(6)


@factor(
    family="L",
    unit="1 in [0,1]",
    formula=r"-\frac{1}{\ln M}\sum_tq_t\ln q_t,\ q_t=\frac{|r_t|}{\sum_s|r_s|}",
    min_bars=10,
    source="WangXiang r_entropy (log2, un-normalised)",
)
def return_entropy(returns: Array, return_count: Array) -> Array:
    """Entropy of the minutes' shares in the length of the path."""
    size = m.abs(returns)
    return m.ratio(m.entropy(m.ratio(size, m.sum(size))), m.log(return_count))


@factor(
    family="L",
    unit="1",
    formula=r"\frac{R-\mu}{\sigma},\ \mu=\frac{2n_+n_-}{n}+1",
    min_bars=20,
    source="Wald-Wolfowitz",
)
def runs_z(returns: Array) -> Array:
    """Test of the number of runs of rises and falls against that of a random order."""
    signs = m.where(returns != 0, m.sign(returns))
    ups, downs = m.count(returns > 0), m.count(returns < 0)
    runs = 1 + m.count(signs * m.lag(m.ffill(signs)) < 0)
    expected = m.ratio(2 * ups * downs, ups + downs)  # one less than the mean number of runs
    return m.ratio(runs - 1 - expected, m.sqrt(m.ratio(expected * (expected - 1), ups + downs - 1)))


@factor(
    family="L",
    unit="1 in [0,1]",
    formula=r"\frac{|\ln(C_d/C_{t_0})|}{\sum|l_t|}",
    min_bars=2,
    source="Kaufman",
)
def efficiency_ratio(close: Array, abs_log: Array) -> Array:
    """Net move of the day over the length of its path, in logs."""
    return m.ratio(m.abs(m.log_change(m.at(close, -1), m.first(close))), m.sum(abs_log))


@factor(
    family="L",
    unit="1",
    formula=r"\mathrm{corr}(l_t,l_{t+1}^2)",
    min_bars=20,
    version=2,
    source="standard",
)
def leverage_corr(log_returns: Array, log_square: Array) -> Array:
    """Correlation of the log return with the square of the next."""
    return m.corr(m.lag(log_returns), log_square)


@factor(
    family="L",
    unit="1",
    formula=r"\mathrm{corr}(|l_t|,|l_{t-1}|)",
    min_bars=20,
    version=2,
    source="standard",
)
def vol_clustering(abs_log: Array) -> Array:
    """Correlation of the absolute log return with the one before."""
    return m.corr(abs_log, m.lag(abs_log))
