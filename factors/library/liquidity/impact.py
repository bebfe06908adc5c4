"""What trading does to the price, and how much of it was buying."""

from fractions import Fraction
from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor, shared
from factors.definitions.ranges import above

Array = Any


@shared
def close_change(close: Array) -> Array:
    """Change of the close from the minute before, made equal where it is but for the rounding of a tick."""
    return m.settle(close - m.lag(close), within=1e-6)


def _last_sign(x: Array) -> Array:
    """Sign of the last value other than 0 so far; 0 before there is one."""
    signs = m.ffill(m.where(x != 0, m.sign(x)))
    return m.where(m.exists(signs), signs, 0.0)


@factor(
    family="G",
    unit="1 per 1e8",
    formula=r"10^8\frac{\sum|r_t|}{\sum A_t}",
    ranges={"scale": above(0)},
    min_bars=10,
    scale=(-1, -1),
    source="standard",
)
def amihud_ratio(returns: Array, amount: Array, scale: float = 1e8) -> Array:
    """Sum of the absolute returns per 100 million of the day's amount."""
    return scale * m.ratio(m.sum(m.abs(returns)), m.sum(amount))


@factor(
    family="G",
    unit="price per 1e8 currency",
    formula=r"10^8\sum_{A_t>0}\frac{2(H_t-L_t)-|C_t-O_t|}{A_t}",
    ranges={"scale": above(0)},
    min_bars=10,
    version=2,
    scale=(0, -1),
    source="GD7 最短路径非流动性; DDB-min-1",
)
def shortcut_illiq(open: Array, high: Array, low: Array, close: Array, amount: Array, scale: float = 1e8) -> Array:
    """Shortest way of the price through each bar per 100 million of its amount, summed over the bars with one."""
    way = 2 * (high - low) - m.abs(close - open)
    return m.where(m.any(amount > 0), scale * m.sum(m.where(amount > 0, m.ratio(way, amount))))


@factor(
    family="G",
    unit="price per currency",
    formula=r"\mathrm{mean}_{A_t>0}\frac{H_t-L_t}{A_t}",
    min_bars=10,
    version=2,
    scale=(0, -1),
    source="中金 微观流动性; DDB-49",
)
def price_elasticity(high: Array, low: Array, amount: Array) -> Array:
    """Mean range of a bar per unit of its amount, over the bars with one."""
    return m.mean(m.where(amount > 0, m.ratio(high - low, amount)))


@factor(
    family="G",
    unit="price per share",
    formula=r"\frac{\mathrm{cov}(\Delta C_t,s_tV_t)}{\mathrm{var}(s_tV_t)}",
    min_bars=20,
    scale=(1, -1),
    version=2,
    source="Kyle 1985; HF-R none",
)
def kyle_lambda(volume: Array, close_change: Array) -> Array:
    """Slope of the change of the close on the volume, signed by the last change other than 0."""
    return m.slope(close_change, _last_sign(close_change) * volume)


@factor(
    family="G",
    unit="1 per √currency",
    formula=r"\frac{\mathrm{cov}(r_t,s_t\sqrt{A_t})}{\mathrm{var}(s_t\sqrt{A_t})}",
    min_bars=20,
    scale=(Fraction(-1, 2), Fraction(-1, 2)),
    version=2,
    source="Hasbrouck 2009; Goyenko et al.",
)
def kyle_lambda_sqrt(returns: Array, amount: Array) -> Array:
    """Slope of the return on the root of the amount, signed by the last return other than 0."""
    return m.slope(returns, _last_sign(returns) * m.sqrt(amount))


@factor(
    family="G",
    unit="1 in [-1,1]",
    formula=r"\frac{\sum_{t>t_0}\bigl(2\Phi(\Delta C_t/\sigma)-1\bigr)V_t}{\sum_{t>t_0}V_t}",
    min_bars=20,
    version=2,
    source="Easley-LdP-O'Hara 2012; CJ 分布估计主动占比",
)
def bvc_imbalance(volume: Array, close_change: Array) -> Array:
    """Volume bought less volume sold, told apart by how unusual the change of the close is, over the volume."""
    unusual = m.ratio(close_change, m.std(close_change))
    bought = 2 * m.normal_cdf(unusual) - 1
    return m.ratio(m.sum(bought * volume), m.sum(m.where(m.exists(unusual), volume)))


@factor(
    family="G",
    unit="1 in [0,1]",
    formula=r"\frac{\sum A_tF_3(r_t/\mathrm{std}(r))}{\sum A_t}",
    min_bars=20,
    version=2,
    source="CJ T分布主动占比; DDB-min-20",
)
def active_buy_share_t(returns: Array, amount: Array) -> Array:
    """Share of the amount that was bought, by Student's distribution of the return over its standard deviation."""
    spread = m.std(returns)
    bought = m.student3_cdf(m.ratio(returns, spread))
    return m.where(spread > 0, m.ratio(m.sum(amount * bought), m.sum(amount)))


@factor(
    family="G",
    unit="1",
    formula=r"\frac{\sum_{t>t_0}A_tF_3(\Delta C_t/\mathrm{std}(\Delta C))}{\sum_{t>t_0}A_t}",
    min_bars=20,
    version=2,
    source="CJ; DDB-min-22",
)
def active_buy_share_naive(amount: Array, close_change: Array) -> Array:
    """Share of the amount that was bought, by Student's distribution of the change over its standard deviation."""
    bought = m.student3_cdf(m.ratio(close_change, m.std(close_change)))
    return m.ratio(m.sum(amount * bought), m.sum(m.where(m.exists(bought), amount)))


@factor(
    family="G",
    unit="1",
    formula=r"\frac{\sum A_t\Phi(1.96\,r_t/0.1)}{\sum A_t}",
    ranges={"limit": above(0)},
    min_bars=10,
    source="CJ; DDB-min-21",
)
def active_buy_share_normal(returns: Array, amount: Array, limit: float = 0.1) -> Array:
    """Share of the amount that was bought, by the normal distribution with 95 % inside the price limits."""
    return m.ratio(m.sum(amount * m.normal_cdf(1.96 * returns / limit)), m.sum(amount))


@factor(
    family="G",
    unit="1",
    formula=r"\frac{\sum A_t\min(1,\max(0,(r_t+0.1)/0.2))}{\sum A_t}",
    ranges={"limit": above(0)},
    min_bars=10,
    source="CJ; DDB-min-23",
)
def active_buy_share_uniform(returns: Array, amount: Array, limit: float = 0.1) -> Array:
    """Share of the amount that was bought, by the uniform distribution of the return between the price limits."""
    bought = m.clip((returns + limit) / (2 * limit), 0.0, 1.0)
    return m.ratio(m.sum(amount * bought), m.sum(amount))
