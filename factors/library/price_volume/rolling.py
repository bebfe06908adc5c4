"""Windows that move along the day: trend of highs on lows, surges, the tide of volume, climbs, ambiguity."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import whole
from factors.library.price_volume.rolling_shared import (
    ambiguous_share,
    betas,
    correlations,
    pace,
    price_beta,
    reward_cov,
    tide,
    vagueness,
    zscore_last,
)

Array = Any


@factor(
    family="E",
    unit="1",
    formula=r"\overline{\beta_t},\ \beta_t=\frac{\mathrm{cov}_{50}(L,H)}{\mathrm{var}_{50}(L)}",
    ranges={"window": whole(2)},
    min_bars=50,
    version=2,
    source="CICC12",
)
def mmt_ols_beta_mean(high: Array, low: Array, window: int = 50) -> Array:
    """Mean slope of the highs on the lows in a moving window."""
    return m.mean(betas(high, low, window))


@factor(
    family="E",
    unit="1",
    formula=r"\overline{\rho_t},\ \rho_t=\mathrm{corr}_{50}(L,H)",
    ranges={"window": whole(2)},
    min_bars=50,
    version=2,
    source="CICC12",
)
def mmt_ols_corr_mean(high: Array, low: Array, window: int = 50) -> Array:
    """Mean correlation of the highs with the lows in a moving window."""
    return m.mean(correlations(high, low, window))


@factor(
    family="E",
    unit="1",
    formula=r"\overline{\rho_t^2}",
    ranges={"window": whole(2)},
    min_bars=50,
    version=2,
    source="CICC12",
)
def mmt_ols_corr_square_mean(high: Array, low: Array, window: int = 50) -> Array:
    """Mean squared correlation of the highs with the lows in a moving window."""
    return m.mean(correlations(high, low, window) ** 2)


@factor(
    family="E",
    unit="1",
    formula=r"\frac{\beta_{last}-\bar\beta}{\mathrm{std}(\beta)}",
    ranges={"window": whole(2)},
    min_bars=60,
    version=2,
    source="CICC12",
)
def mmt_ols_beta_zscore_last(high: Array, low: Array, window: int = 50) -> Array:
    """Last slope of the highs on the lows in a moving window, in standard deviations from its mean."""
    return zscore_last(betas(high, low, window))


@factor(
    family="E",
    unit="1",
    formula=r"\overline{\rho_t^2}\cdot\frac{\beta_{last}-\bar\beta}{\mathrm{std}(\beta)}",
    ranges={"window": whole(2)},
    min_bars=60,
    version=2,
    source="CICC12 (RSRS/QRS)",
)
def mmt_ols_qrs(high: Array, low: Array, window: int = 50) -> Array:
    """Standard score of the last slope of the highs on the lows, times their mean squared correlation."""
    return m.mean(correlations(high, low, window) ** 2) * zscore_last(betas(high, low, window))


@factor(
    family="F",
    unit="ratio",
    formula=r"\mathrm{mean}_{t\in U}\,\mathrm{std}(b_t,\dots,b_{t+4})",
    ranges={"horizon": whole(2)},
    min_bars=30,
    version=2,
    source="FZ1 适度冒险; C-X-Lu FZ cal_YaoYanBoDongLv; DDB-min-9",
)
def dazzling_vol(bar_returns: Array, surge: Array, horizon: int = 5) -> Array:
    """Mean standard deviation of the bar returns in the minutes from a surge of volume on."""
    return m.mean(m.where(surge, m.lead(m.moving_std(bar_returns, horizon), horizon - 1)))


@factor(
    family="F",
    unit="ratio",
    formula=r"\mathrm{mean}_{t\in U}\,b_t",
    min_bars=30,
    version=2,
    source="FZ1; DDB-min-14",
)
def dazzling_ret(bar_returns: Array, surge: Array) -> Array:
    """Mean bar return at surges of volume."""
    return m.mean(m.where(surge, bar_returns))


@factor(
    family="F",
    unit="ratio/bar",
    formula=r"\frac{C_q-C_m}{C_m(q-m)}",
    ranges={"half_width": whole(1)},
    min_bars=30,
    source="FZ2 潮汐; WangXiang tide; DDB-min-4",
)
def tide_full(close: Array, volume: Array, minute: Array, half_width: int = 4) -> Array:
    """Return per minute from the ebb of the volume before its peak to the ebb after it."""
    ebb, _, after = tide(close, volume, minute, half_width)
    return m.ratio(after.price - ebb.price, ebb.price * (after.minute - ebb.minute))


@factor(
    family="F",
    unit="ratio/bar",
    formula=r"\begin{cases}\frac{C_p/C_m-1}{p-m}&N_m\le N_q\\\frac{C_q/C_p-1}{q-p}&\text{else}\end{cases}",
    ranges={"half_width": whole(1)},
    min_bars=30,
    source="FZ2; C-X-Lu cal_QiangShiBanChaoXi",
)
def tide_strong(close: Array, volume: Array, minute: Array, half_width: int = 4) -> Array:
    """Return per minute between the peak of the volume and the deeper of the ebbs before and after it."""
    ebb, peak, after = tide(close, volume, minute, half_width)
    return m.where(ebb.volume <= after.volume, pace(ebb, peak), pace(peak, after))


@factor(
    family="F",
    unit="ratio/bar",
    formula=r"\begin{cases}\frac{C_q/C_p-1}{q-p}&N_m\le N_q\\\frac{C_p/C_m-1}{p-m}&\text{else}\end{cases}",
    ranges={"half_width": whole(1)},
    min_bars=30,
    source="FZ2",
)
def tide_weak(close: Array, volume: Array, minute: Array, half_width: int = 4) -> Array:
    """Return per minute between the peak of the volume and the shallower of the ebbs before and after it."""
    ebb, peak, after = tide(close, volume, minute, half_width)
    return m.where(ebb.volume <= after.volume, pace(peak, after), pace(ebb, peak))


@factor(
    family="F",
    unit="ratio",
    formula=r"\mathrm{cov}(r_t/\beta_t,\ \beta_t),\ \beta_t=\Bigl(\frac{\mathrm{std}_{20}}{\mathrm{mean}_{20}}\Bigr)^2",
    ranges={"window": whole(1)},
    min_bars=30,
    version=2,
    source="FZ3; DDB-min-12; WangXiang climb_height",
)
def better_vol_cov(open: Array, high: Array, low: Array, close: Array, returns: Array, window: int = 5) -> Array:
    """Covariance of the squared relative spread of the prices with the return over it."""
    beta = price_beta(open, high, low, close, window)
    return reward_cov(returns, m.where(beta > 0, beta))


@factor(
    family="F",
    unit="ratio",
    formula=r"\mathrm{cov}(r_t/\beta_t,\ \beta_t\mid\beta_t\ge\bar\beta+\mathrm{std}(\beta))",
    ranges={"window": whole(1)},
    min_bars=30,
    version=2,
    source="FZ3; DDB-min-15",
)
def climb_cov(open: Array, high: Array, low: Array, close: Array, returns: Array, window: int = 5) -> Array:
    """Covariance of the squared relative spread of the prices with the return over it, where the spread is large.

    Large is a standard deviation above the mean, or short of that by 1e-9 of it, as rounding may be.
    """
    beta = price_beta(open, high, low, close, window)
    return reward_cov(returns, m.where((beta > 0) & (m.centred(beta) >= (1 - 1e-9) * m.std(beta)), beta))


@factor(
    family="F",
    unit="1",
    formula=r"\mathrm{corr}(g_t,A_t)",
    ranges={"window": whole(2)},
    min_bars=30,
    version=2,
    source="FZ5 云开雾散 模糊关联度; DDB-min-31",
)
def ambiguity_amount_corr(returns: Array, amount: Array, window: int = 5) -> Array:
    """Correlation of the amount with the volatility of the volatility."""
    return m.corr(vagueness(returns, window), amount)


@factor(
    family="F",
    unit="1",
    formula=r"\frac{\mathrm{mean}(A_t\mid g_t>\bar g)}{\bar A}",
    ranges={"window": whole(2)},
    min_bars=30,
    version=2,
    source="FZ5; DDB-min-25",
)
def ambiguity_amount_ratio(returns: Array, amount: Array, window: int = 5) -> Array:
    """Mean amount of the minutes whose volatility of the volatility is above its mean, over that of all."""
    return ambiguous_share(amount, returns, window)


@factor(
    family="F",
    unit="1",
    formula=r"\frac{\mathrm{mean}(V_t\mid g_t>\bar g)}{\bar V}",
    ranges={"window": whole(2)},
    min_bars=30,
    version=2,
    source="FZ5; DDB-min-26",
)
def ambiguity_volume_ratio(returns: Array, volume: Array, window: int = 5) -> Array:
    """Mean volume of the minutes whose volatility of the volatility is above its mean, over that of all."""
    return ambiguous_share(volume, returns, window)


@factor(
    family="F",
    unit="1",
    formula=r"\frac{\mathrm{mean}(A_t\mid g_t>\bar g)}{\bar A}-\frac{\mathrm{mean}(V_t\mid g_t>\bar g)}{\bar V}",
    ranges={"window": whole(2)},
    min_bars=30,
    version=2,
    source="FZ5; DDB-min-29",
)
def ambiguity_price_gap(returns: Array, volume: Array, amount: Array, window: int = 5) -> Array:
    """Share of the amount less share of the volume in the minutes of high volatility of the volatility."""
    return ambiguous_share(amount, returns, window) - ambiguous_share(volume, returns, window)
