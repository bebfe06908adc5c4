"""Blocks of minutes: moments and ranges of 5 minutes each, and the growth of the range with the block."""

import math
from collections.abc import Callable
from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import whole, wholes

Array = Any


@factor(
    family="B",
    unit="ratio",
    formula=r"\mathrm{std}_j\bigl(\mathrm{std}_{t\in B_j}(r_t)\bigr)",
    ranges={"block": whole(2)},
    min_bars=25,
    version=2,
    source="WangXiang vol_of_rvol",
)
def return_vol_of_vol(returns: Array, minute: Array, block: int = 5) -> Array:
    """Standard deviation over blocks of minutes of the standard deviation of the returns in each.

    Blocks with a return missing are left out.
    """
    spread = m.settle(_at_ends(m.moving_std(returns, block), minute, block))
    return m.where(m.count(spread) >= 2, m.std(spread))


@factor(
    family="B",
    unit="ratio",
    formula=r"\mathrm{std}(R_j),\ R_j=\prod_{t\in B_j}(1+r_t)-1",
    ranges={"block": whole(2)},
    min_bars=10,
    version=2,
    source="learndl ret_std5; HF-R alignPeriod=5",
)
def return_std_5min(returns: Array, close: Array, day_open: Array, minute: Array, block: int = 5) -> Array:
    """Standard deviation of the returns of blocks of minutes.

    Blocks with a return missing are left out.
    """
    growth = _block_returns(returns, close, day_open, minute, block)
    return m.where(m.count(growth) >= 2, m.std(growth))


@factor(
    family="B",
    unit="1",
    formula=r"\mathrm{skew}(R_j),\ R_j=\prod_{t\in B_j}(1+r_t)-1",
    ranges={"block": whole(2)},
    min_bars=10,
    version=2,
    source="learndl ret_std5; HF-R alignPeriod=5",
)
def return_skewness_5min(returns: Array, close: Array, day_open: Array, minute: Array, block: int = 5) -> Array:
    """Skewness of the returns of blocks of minutes, made as in `return_std_5min`."""
    return m.skew(_block_returns(returns, close, day_open, minute, block))


@factor(
    family="B",
    unit="1",
    formula=r"\mathrm{kurt}(R_j),\ R_j=\prod_{t\in B_j}(1+r_t)-1",
    ranges={"block": whole(2)},
    min_bars=10,
    version=2,
    source="learndl ret_std5; HF-R alignPeriod=5",
)
def return_kurtosis_5min(returns: Array, close: Array, day_open: Array, minute: Array, block: int = 5) -> Array:
    """Kurtosis of the returns of blocks of minutes, made as in `return_std_5min`."""
    return m.kurt(_block_returns(returns, close, day_open, minute, block))


@factor(
    family="H",
    unit="ratio²",
    formula=r"\frac{1}{4\ln2}\sum_j\ln^2\frac{\max_{B_j}H}{\min_{B_j}L}",
    ranges={"block": whole(1, 60)},
    min_bars=10,
    version=2,
    source="Christensen-Podolskij 2007; Martens-van Dijk",
)
def realized_range(high: Array, low: Array, minute: Array, block: int = 5) -> Array:
    """Sum of the squared log ranges of blocks of minutes, scaled to a variance.

    A block with a high or low missing is left out.
    """
    top, bottom = _over_window(high, block, m.larger), _over_window(low, block, m.smaller)
    square = _at_ends(m.log_change(top, bottom) ** 2, minute, block)
    return m.where(m.count(square) > 0, m.sum(square)) / (4 * math.log(2))


@factor(
    family="L",
    unit="1",
    formula=r"\ln(R/S)_m=a+H\ln m",
    ranges={"sizes": wholes(2)},
    min_bars=60,
    version=2,
    source="Hurst/Mandelbrot",
)
def hurst_rs(log_returns: Array, sizes: tuple[int, ...] = (10, 20, 30, 40, 60, 120)) -> Array:
    """Hurst exponent: growth of the rescaled range of the log returns with the size of the block, in logs."""
    ranges = [m.log(m.rescaled_range(log_returns, size)) for size in sizes]
    return m.slope_of(ranges, [math.log(size) for size in sizes], least=3)


def _at_ends(x: Array, minute: Array, block: int) -> Array:
    """Return a series at the last minute of each block of the grid."""
    return m.where(m.floor(minute / block) * block == minute, x)


def _block_returns(returns: Array, close: Array, day_open: Array, minute: Array, block: int) -> Array:
    """Return the product of 1 + r over each block, less 1: its last close over the price before its first minute."""
    before = m.lag(close)
    before = m.where(m.exists(returns), m.where(m.exists(before), before, day_open))
    return m.settle(_at_ends(m.change(close, m.lag(before, block - 1)), minute, block))


def _over_window(x: Array, block: int, pick: Callable[[Array, Array], Array]) -> Array:
    """Return the extreme of the minutes of the block that ends here; missing if one of them is."""
    found = x
    for minutes in range(1, block):
        found = pick(found, m.lag(x, minutes))
    return found
