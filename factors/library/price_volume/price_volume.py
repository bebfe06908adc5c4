"""More correlations of price, return, volume and amount along the day."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor, shared
from factors.definitions.ranges import whole

Array = Any


@shared
def volume_growth(volume: Array, traded: Array) -> Array:
    """Growth of the volume from one traded bar to the next; missing elsewhere and in the first."""
    volume = m.where(traded, volume)
    return m.change(volume, m.lag(m.ffill(volume)))


@shared
def price_step(close: Array) -> Array:
    """Change of the close from one minute to the next; missing in the first bar."""
    return close - m.lag(close)


def _step_autocorr(step: Array, both: Array, min_pairs: int) -> Array:
    """Return the correlation of a step with the next over the pairs of a mask.

    Steps of one tick differ by the rounding of the prices; they are made equal, as their correlation would be noise.
    """
    now, after = m.settle(m.where(both, step), within=1e-6), m.settle(m.where(both, m.lead(step)), within=1e-6)
    return m.where(m.count(both) >= min_pairs, m.corr(now, after))


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(C_t,V_t),\ t\le30",
    ranges={"minutes": whole(2)},
    min_bars=16,
    window=(0, 30),
    version=2,
    source="mirror of the preceding row",
)
def VP_open_30min(close: Array, volume: Array, minutes: int = 30) -> Array:
    """Correlation of close and volume in the first 30 minutes."""
    return m.corr(m.head(close, minutes), m.head(volume, minutes))


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(r_t,V_t),\ t\le30",
    ranges={"minutes": whole(2)},
    min_bars=16,
    window=(0, 30),
    direction=1,
    version=2,
    source="HT-AF early_corr_volume_ret (+1)",
)
def VR_open_30min(returns: Array, volume: Array, minutes: int = 30) -> Array:
    """Correlation of return and volume in the first 30 minutes."""
    return m.corr(m.head(returns, minutes), m.head(volume, minutes))


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(V_t,vwap_t)",
    min_bars=10,
    version=2,
    source="learndl",
)
def corr_volume_vwap(volume: Array, vwap: Array) -> Array:
    """Correlation of the volume with the minute's average price."""
    return m.corr(volume, vwap)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(C_t,V_{t-1})",
    min_bars=10,
    version=2,
    source="CICC12 corr_pvd",
)
def corr_close_lagvolume(close: Array, volume: Array) -> Array:
    """Correlation of the close with the volume of the minute before."""
    return m.corr(close, m.lag(volume))


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(C_t,V_{t+1})",
    min_bars=10,
    version=2,
    source="CICC12 corr_pvl",
)
def corr_close_leadvolume(close: Array, volume: Array) -> Array:
    """Correlation of the close with the volume of the minute after."""
    return m.corr(close, m.lead(volume))


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(C_j,\ V_j/V_{j-1}-1)",
    min_bars=10,
    version=2,
    source="CICC12 corr_pvr",
)
def corr_close_dvolume(close: Array, volume_growth: Array) -> Array:
    """Correlation of the close with the growth of the volume, from one traded bar to the next."""
    return m.corr(close, volume_growth)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(r_j,\ V_j/V_{j-1}-1)",
    min_bars=10,
    version=2,
    source="CICC12 corr_prvr",
)
def corr_ret_dvolume(returns: Array, volume_growth: Array) -> Array:
    """Correlation of the minute's return with the growth of the volume since the last traded bar."""
    return m.corr(returns, volume_growth)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(|l_t|,A_t)",
    min_bars=10,
    version=2,
    source="FZ 量价关系的高频乐章; DDB-min-16",
)
def corr_absret_amount(abs_log: Array, amount: Array) -> Array:
    """Correlation of the absolute log return with the amount."""
    return m.corr(abs_log, amount)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(|l_t|,A_{t-1})",
    min_bars=10,
    version=2,
    source="DDB-min-17",
)
def corr_absret_lagamount(abs_log: Array, amount: Array) -> Array:
    """Correlation of the absolute log return with the amount of the minute before."""
    return m.corr(abs_log, m.lag(amount))


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(|l_{t-1}|,A_t)",
    min_bars=10,
    version=2,
    source="DDB-min-18; 3 and 13 for the adjusted ones",
)
def corr_lagabsret_amount(abs_log: Array, amount: Array) -> Array:
    """Correlation of the amount with the absolute log return of the minute before."""
    return m.corr(m.lag(abs_log), amount)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(\Delta C_t,\Delta C_{t+1}\mid\Delta C_t>0,\Delta C_{t+1}>0)",
    ranges={"min_pairs": whole(1)},
    min_bars=10,
    version=2,
    source="Soochow CDPDP (Handbook 5.2.4)",
)
def dp_up_autocorr(price_step: Array, min_pairs: int = 5) -> Array:
    """Correlation of a rise of the close with the next minute's, where that is a rise too.

    NaN where fewer than `min_pairs` pairs exist, or rises are constant but for rounding, as those of one tick are.
    """
    return _step_autocorr(price_step, (price_step > 0) & (m.lead(price_step) > 0), min_pairs)


@factor(
    family="E",
    unit="1",
    formula=r"\mathrm{corr}(\Delta C_t,\Delta C_{t+1}\mid\Delta C_t<0,\Delta C_{t+1}<0)",
    ranges={"min_pairs": whole(1)},
    min_bars=10,
    version=2,
    source="Soochow CDPDP (Handbook 5.2.4)",
)
def dp_down_autocorr(price_step: Array, min_pairs: int = 5) -> Array:
    """Correlation of a fall of the close with the next minute's, where that is a fall too.

    NaN where fewer than `min_pairs` pairs exist, or falls are constant but for rounding, as those of one tick are.
    """
    return _step_autocorr(price_step, (price_step < 0) & (m.lead(price_step) < 0), min_pairs)


@factor(
    family="E",
    unit="1",
    formula=r"\frac{\sum_{t<T}r_tr_{t+1}}{\sqrt{\sum_{t<T}r_t^2\sum_{t<T}r_{t+1}^2}}",
    min_bars=10,
    source="KY 追涨杀跌 2024",
)
def chase_cosine(returns: Array) -> Array:
    """Cosine between the minute returns and those of the minute after, not taken about their means."""
    after = m.lead(returns)
    now = m.where(m.exists(after), returns)
    after = m.where(m.exists(returns), after)
    return m.ratio(m.sum(now * after), m.sqrt(m.sum(now * now) * m.sum(after * after)))
