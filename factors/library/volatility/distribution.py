"""The distribution of the minute returns: tails, higher moments and its two sides."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor

Array = Any


@factor(
    family="B",
    unit="1",
    formula=r"\frac{\mathrm{std}(r\mid r<\bar r)}{\mathrm{std}(r)}",
    min_bars=10,
    direction=1,
    version=2,
    source="HT-AF (name), shandonguzi code",
)
def down_vol_perc(returns: Array) -> Array:
    """Standard deviation of the returns below their mean, over that of all."""
    return m.ratio(m.std(m.where(returns < m.mean(returns), returns)), m.std(returns))


@factor(
    family="B",
    unit="1",
    formula=r"\frac{\mathrm{std}(r\mid r>\bar r)}{\mathrm{std}(r)}",
    min_bars=10,
    version=2,
    source="CICC12 vol_upRatio",
)
def up_vol_perc(returns: Array) -> Array:
    """Standard deviation of the returns above their mean, over that of all."""
    return m.ratio(m.std(m.where(returns > m.mean(returns), returns)), m.std(returns))


@factor(
    family="B",
    unit="ratio",
    formula=r"\max_t r_t",
    min_bars=1,
    source="WangXiang",
)
def return_max(returns: Array) -> Array:
    """Largest minute return."""
    return m.max(returns)


@factor(
    family="B",
    unit="ratio",
    formula=r"\min_t r_t",
    min_bars=1,
    source="WangXiang",
)
def return_min(returns: Array) -> Array:
    """Smallest minute return."""
    return m.min(returns)


@factor(
    family="B",
    unit="ratio",
    formula=r"r_\tau,\ \tau=\arg\max_t|r_t|",
    min_bars=1,
    source="learndl ret_jump",
)
def return_max_abs(returns: Array) -> Array:
    """Return of the minute with the largest absolute return, the first of equals."""
    size = m.abs(returns)
    return m.first(returns, size == m.max(size))


@factor(
    family="B",
    unit="1",
    formula=r"\frac{\sum r_t^3\mathbf 1\{r_t>0\}}{\sum|r_t|^3}",
    min_bars=10,
    source="财通 高频特质偏度 (|r|³ denominator)",
)
def return_skew_pos(returns: Array, rising: Array) -> Array:
    """Cubed returns of the minutes that rose, over the sum of all cubed absolute returns."""
    cubes = m.abs(returns * returns * returns)
    return m.ratio(m.sum(m.where(rising, cubes)), m.sum(cubes))


@factor(
    family="B",
    unit="1",
    formula=r"\frac{\sum|r_t|^3\mathbf 1\{r_t<0\}}{\sum|r_t|^3}",
    min_bars=10,
    source="财通 高频特质偏度 (|r|³ denominator)",
)
def return_skew_neg(returns: Array, falling: Array) -> Array:
    """Cubed absolute returns of the minutes that fell, over the sum of all of them."""
    cubes = m.abs(returns * returns * returns)
    return m.ratio(m.sum(m.where(falling, cubes)), m.sum(cubes))


@factor(
    family="B",
    unit="1",
    formula=r"\frac{\sum r_t^5}{(\sum r_t^2)^{5/2}}",
    min_bars=20,
    source="东北 高阶矩 (A1)",
)
def return_hyperskew(returns: Array) -> Array:
    """Fifth power sum of the returns, standardised by their sum of squares."""
    squares = returns * returns
    whole = m.sum(squares)
    return m.ratio(m.sum(squares * squares * returns), whole * whole * m.sqrt(whole))


@factor(
    family="B",
    unit="1",
    formula=r"\frac{\sum r_t^6}{(\sum r_t^2)^{3}}",
    min_bars=20,
    source="东北 (A2)",
)
def return_hyperkurt(returns: Array) -> Array:
    """Sixth power sum of the returns, standardised by their sum of squares."""
    squares = returns * returns
    whole = m.sum(squares)
    return m.ratio(m.sum(squares * squares * squares), whole * whole * whole)


@factor(
    family="B",
    unit="ratio",
    formula=r"\mathrm{std}_t(H_t/L_t)",
    min_bars=2,
    version=2,
    source="CICC12 vol_range1min",
)
def range_std(high: Array, low: Array) -> Array:
    """Standard deviation of the ratio of the minute's high to its low."""
    return m.std(high / low)


@factor(
    family="G",
    unit="1",
    formula=r"\frac{\#\{r_t=0\}}{M}",
    min_bars=10,
    source="Lesmond-Ogden-Trzcinka 1999",
)
def zero_return_ratio(returns: Array, return_count: Array) -> Array:
    """Share of the minute returns that are 0."""
    return m.ratio(m.count(returns == 0), return_count)
