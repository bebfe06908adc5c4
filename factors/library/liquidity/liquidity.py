"""Price impact."""

from typing import Any

from factors import ops as m
from factors.definitions.decorators import factor
from factors.definitions.ranges import above

Array = Any


@factor(
    family="G",
    unit="1 per 1e8 currency",
    formula=r"10^8\,\mathrm{mean}_{A_t>0}\frac{|r_t|}{A_t}",
    ranges={"scale": above(0)},
    min_bars=10,
    core="reconstructed",
    scale=(-1, -1),
    source="GF8 Amihud_illiq (×1e10); Amihud 2002",
)
def amihud_mean(returns: Array, amount: Array, scale: float = 1e8) -> Array:
    """Mean absolute return per 100 million of amount, over the minutes with one."""
    return scale * m.mean(m.where(amount > 0, m.ratio(m.abs(returns), amount)))
