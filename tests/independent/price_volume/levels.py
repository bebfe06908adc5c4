"""Volume by price: groups of equal closes, ten bins of the day's range, the region that holds half of the volume."""

from __future__ import annotations

import heapq
import math
from functools import partial

import numpy as np

from tests.independent.tools import D, Floats, Reference, groups, kurt, skew


def levels(d: D) -> tuple[Floats, Floats]:
    """Distinct closes of the traded bars, rising, and their volumes."""
    volume = groups(d.v[d.traded], d.c[d.traded]).sum()
    return np.array(volume.index), np.array(volume)


def shares(d: D) -> Floats:
    """The levels' shares of the day's volume."""
    return np.asarray(levels(d)[1] / d.v.sum())


def depth(d: D, percent: int) -> float:
    """Share of the levels, from the highest down, that are needed to hold more than so much of the volume."""
    down = np.cumsum(levels(d)[1][::-1])
    return float((np.searchsorted(100 * down, percent * d.v.sum(), side="right") + 1) / len(down))


def largest(d: D, k: int) -> float:
    """Share of the k levels with most volume."""
    return float(-np.sort(-shares(d))[:k].sum())


def bins(d: D) -> Floats:
    """Amounts in ten bins of the day's range."""
    low, high = np.nanmin(d.l), np.nanmax(d.h)
    if high == low or np.isnan(high - low):
        return np.full(10, np.nan)
    place = np.clip(np.floor(10 * (d.c - low) / (high - low) + 1e-9), 0, 9)
    return np.histogram(place, np.arange(11) - 0.5, weights=d.a)[0].astype(float)


def poc_gap(d: D) -> float:
    """Where the day closes in its range, less where most amount lies."""
    amount, low, high = bins(d), np.nanmin(d.l), np.nanmax(d.h)
    if not amount.sum() > 0:
        return math.nan
    return float((d.c[-1] - low) / (high - low) - (int(amount.argmax()) + 0.5) / 10)


def bin_skew(d: D) -> float:
    """Skewness of the bins' places by amount."""
    amount, k = bins(d), np.arange(10.0)
    if np.count_nonzero(amount > 0) < 2:
        return math.nan
    off = k - np.average(k, weights=amount)
    return float(np.average(off**3, weights=amount) / np.average(off**2, weights=amount) ** 1.5)


def region(d: D) -> tuple[float, float]:
    """Ends of the region grown from the level of most volume until it holds half of all.

    A merge of the levels below with those above takes the larger of the two that come next.
    """
    price, volume = levels(d)
    start = int(volume.argmax())
    places = range(len(price))
    grown = [start, *heapq.merge(places[:start][::-1], places[start + 1 :], key=lambda i: -volume[i])]
    enough = int(np.argmax(2 * np.cumsum(volume[grown]) >= d.v.sum())) + 1
    return float(price[min(grown[:enough])]), float(price[max(grown[:enough])])


REFERENCE: dict[str, Reference] = {
    "close_vs_poc": poc_gap,
    "doc_kurt": lambda d: kurt(shares(d)) if len(shares(d)) >= 4 else math.nan,
    **{f"doc_pdf{p}": partial(depth, percent=p) for p in (60, 70, 80, 90, 95)},
    "doc_skew": lambda d: skew(shares(d)) if len(shares(d)) >= 3 else math.nan,
    "doc_std": lambda d: float(np.std(shares(d) - shares(d)[0])) if len(shares(d)) > 1 else math.nan,
    **{f"doc_vol{k}_ratio": partial(largest, k=k) for k in (5, 10, 50)},
    "pricebin_volume_skew": bin_skew,
    "support_close_gap": lambda d: (d.c[-1] - region(d)[0]) / d.c[-1],
    "volume_support_b": lambda d: (region(d)[1] - np.nanmin(d.l)) / d.c[-1],
    "volume_support_p": lambda d: (np.nanmax(d.h) - region(d)[0]) / d.c[-1],
}

LOCKED = set(REFERENCE) - {"close_vs_poc", "doc_kurt", "doc_skew", "doc_std", "pricebin_volume_skew"}
