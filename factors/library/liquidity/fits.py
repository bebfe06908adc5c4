"""Fits with several regressors, flows by bucket of volume, and spectra."""

from typing import Any

from factors import ops as m
from factors.data.calendar.session import Session
from factors.definitions.decorators import factor
from factors.definitions.ranges import whole
from factors.library.liquidity.fits_shared import f_statistic, low_frequencies, std_of, volume_fit

Array = Any


@factor(
    family="F",
    unit="1",
    formula=r"\mathrm{std}(t_{\Delta V_{t-1}},\dots,t_{\Delta V_{t-5}})",
    ranges={"lags": whole(1, 20)},
    min_bars=30,
    version=2,
    source="FZ10 花隐林间 朝没晨雾; C-X-Lu; DDB-min-19",
)
def vol_diff_t_std(returns: Array, volume: Array, lags: int = 5) -> Array:
    """Standard deviation of the t-statistics of the earlier changes of volume, in a fit of the return on them.

    Missing where a change is explained by the others but for 1e-10 of its variance, or the return but for 1e-18.
    """
    return std_of(volume_fit(returns, volume, lags).t[2:])


@factor(
    family="F",
    unit="1",
    formula=r"t_{\alpha}",
    ranges={"lags": whole(1, 20)},
    min_bars=30,
    version=2,
    source="FZ10 午蔽古木; DDB-min-10",
)
def vol_diff_intercept_t(returns: Array, volume: Array, lags: int = 5) -> Array:
    """t-statistic of the intercept in the fit of `vol_diff_t_std`."""
    return volume_fit(returns, volume, lags).t[0]


@factor(
    family="F",
    unit="1",
    formula=r"F=\frac{(TSS-RSS)/6}{RSS/(n-7)}",
    ranges={"lags": whole(1, 20)},
    min_bars=30,
    version=2,
    source="FZ10 午蔽古木; DDB-min-10",
)
def vol_diff_f(returns: Array, volume: Array, lags: int = 5) -> Array:
    """F-statistic of the fit of `vol_diff_t_std`."""
    return f_statistic(volume_fit(returns, volume, lags))


@factor(
    family="G",
    unit="1 per currency",
    formula=r"r_{t+1}=a+\phi r_t+\gamma\,\mathrm{sgn}(r_t)A_t+e_t",
    min_bars=30,
    scale=(-1, -1),
    version=2,
    source="Pastor-Stambaugh 2003, intraday version",
)
def pastor_stambaugh_gamma(returns: Array, amount: Array) -> Array:
    """Response of the next minute's return to the amount with the sign of this minute's, in a fit on both.

    Missing where one regressor is explained by the other but for 1e-10 of its variance.
    """
    return m.ols(m.lead(returns), returns, m.sign(returns) * amount).coef[2]


@factor(
    family="G",
    unit="1 per currency",
    formula=r"r_t=a+\beta_1S_t+\beta_2B_t+e_t,\quad \beta_1+\beta_2",
    min_bars=30,
    scale=(-1, -1),
    version=2,
    source="Brennan et al. 2012; DF",
)
def sell_buy_illiq_gap(returns: Array, amount: Array, close_change: Array) -> Array:
    """Sum of the responses of the return to the amount sold and to the amount bought.

    Missing where one is explained by the other but for 1e-10 of its variance.
    """
    buy = amount * m.normal_cdf(m.ratio(close_change, m.std(close_change)))
    fit = m.ols(returns, amount - buy, buy)
    return fit.coef[1] + fit.coef[2]


@factor(
    family="G",
    unit="1 in [0,1]",
    formula=r"\frac{1}{V}\sum_{b=1}^{50}\bigl|F(bV/50)-F((b-1)V/50)\bigr|,\ V=\sum_tV_t",
    ranges={"buckets": whole(1)},
    min_bars=60,
    version=2,
    source="ELO 2012; DDB-57 (bucket 100,000 shares on ticks)",
)
def vpin_bulk(volume: Array, close_change: Array, buckets: int = 50) -> Array:
    """Imbalance of buying and selling in buckets of equal volume, minutes divided by the size of the price change."""
    spread = m.std(close_change)
    flow = (2 * m.normal_cdf(m.ratio(close_change, spread)) - 1) * volume
    return m.where(spread > 0, m.ratio(m.bucket_flow(flow, volume, buckets), m.sum(volume)))


@factor(
    family="C",
    unit="1",
    formula=r"\frac{\sum_{k=1}^{\lfloor T/30\rfloor}|F_k|^2}{\sum_{k=1}^{\lfloor T/2\rfloor}|F_k|^2}",
    ranges={"period": whole(2)},
    min_bars=60,
    version=2,
    source="FZ24 滴水穿石 idea (exact formula not public)",
)
def volume_power_ratio(volume: Array, minute: Array, session: Session, period: int = 30) -> Array:
    """Share of the variation of the volume at periods of 30 minutes or more."""
    return low_frequencies(m.centred(volume), minute, session, period)


@factor(
    family="L",
    unit="1",
    formula=r"\frac{\sum_{k=1}^{\lfloor T/30\rfloor}|F_k|^2}{\sum_{k=1}^{\lfloor T/2\rfloor}|F_k|^2}",
    ranges={"period": whole(2)},
    min_bars=60,
    version=2,
    source="standard",
)
def spectral_low_ratio(log_returns: Array, minute: Array, session: Session, period: int = 30) -> Array:
    """Share of the variation of the log return at periods of 30 minutes or more."""
    return low_frequencies(m.centred(log_returns), minute, session, period)
