"""Orders, quantiles and price levels, in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from factors.loops.day import StockDay
from factors.loops.moments import NAN, missing, total, valued

TIE = 1e-9
"""Share of two sums of volumes up to which they are equal: sums of tenths are so but for rounding."""


def by_key(key: Sequence[float], eligible: Iterable[int], *, smallest: bool = False) -> list[int]:
    """The eligible minutes in the order of the key, largest (or smallest) first; of equal keys the earlier minute."""
    return sorted(eligible, key=lambda t: (key[t] if smallest else -key[t], t))


def with_value(day: StockDay, series: Sequence[float]) -> list[int]:
    """The minutes at which a series has a value."""
    return [t for t in day.span if not missing(series[t])]


def part(n: int, share: str) -> int:
    """max(1, ⌊share·n⌋), the floor taken in integers."""
    p = Fraction(share)
    return max(1, p.numerator * n // p.denominator)


def head(order: Sequence[int], volume: Sequence[float], whole: float, share: str) -> list[int]:
    """The shortest head of an order whose volume is at least a share of the whole, up to rounding; all if none is."""
    p = Fraction(share)
    taken: list[int] = []
    for t in order:
        if p.denominator * total(volume[s] for s in taken) >= (1 - TIE) * p.numerator * whole:
            break
        taken.append(t)
    return taken


def bin_index(x: float) -> int:
    """⌊x⌋, x within 1e-9 of a whole number taken as that."""
    nearest = math.floor(x + 0.5)
    return nearest if abs(x - nearest) <= 1e-9 else math.floor(x)


def quantile(values: Iterable[float], q: float) -> float:
    """Linear between neighbours of the sorted values, x_(h) at h = (n − 1)·q from 0; NaN for none."""
    x = sorted(values)
    if not x:
        return NAN
    h = (len(x) - 1) * q
    low, high = x[math.floor(h)], x[math.ceil(h)]
    return low + (high - low) * (h - math.floor(h))


def median(values: Iterable[float]) -> float:
    """The middle one of the sorted values, or the mean of the two in the middle; NaN for none."""
    return quantile(values, 0.5)


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1 for the smallest; equal values share the mean of theirs."""
    return [len([y for y in values if y < x]) + (len([y for y in values if y == x]) + 1) / 2 for x in values]


def levels(day: StockDay) -> list[tuple[float, float]]:
    """The distinct closes of the traded bars, ascending, each with the volume traded at it."""
    volumes: dict[float, list[float]] = {}
    for t in day.traded_minutes:
        volumes.setdefault(float(day.close[t]), []).append(day.volume[t])
    return [(price, total(volumes[price])) for price in sorted(volumes)]


def product_less_one(values: Iterable[float]) -> float:
    """Π(1 + x) − 1 over the values that are there; NaN for none."""
    there = valued(values)
    growth = 1.0
    for x in there:
        growth = growth * (1 + x)
    return growth - 1 if there else NAN


def sum_over(minutes: Iterable[int], term: Callable[[int], float]) -> float:
    """Sum of a term over the minutes where it has a value."""
    return total(valued(term(t) for t in minutes))
