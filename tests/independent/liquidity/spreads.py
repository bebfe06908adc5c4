"""Spreads estimated from prices alone."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Floats, Reference, joint


def roll_spread(d: D) -> float:
    """Twice the root of the negative covariance of neighbouring log returns, by NumPy's covariance matrix."""
    now, before = joint(d.lr[1:], d.lr[:-1])
    return 2 * math.sqrt(max(-float(np.cov(now, before, bias=True)[0, 1]), 0.0))


def corwin_schultz(d: D) -> float:
    """Mean of the two-minute spreads, the negative ones as 0, the second minute moved over the gap."""
    last, high, low = d.c[:-1], d.h[1:], d.l[1:]
    gap = np.clip(last - high, 0, None) + np.clip(last - low, None, 0)
    pair = np.array([[d.h[:-1], high + gap], [d.l[:-1], low + gap]])
    beta = (np.log(pair[0] / pair[1]) ** 2).sum(axis=0)
    gamma = np.log(pair[0].max(axis=0) / pair[1].min(axis=0)) ** 2
    c = 3 - math.sqrt(8)
    alpha = (math.sqrt(2) - 1) * np.sqrt(beta) / c - np.sqrt(gamma / c)
    return float(np.nanmean(np.clip(2 * np.tanh(alpha / 2), 0, None)))


def abdi_ranaldo(d: D) -> float:
    """Closes against the middle of their own and of the next minute's range."""
    close, middle = np.log(d.c), np.mean(np.log([d.h, d.l]), axis=0)
    return 2 * math.sqrt(max(float(np.nanmean((close - middle)[:-1] * (close[:-1] - middle[1:]))), 0.0))


def settled(x: Floats) -> Floats:
    """The values that exist, made equal where they are so but for rounding."""
    x = x[~np.isnan(x)]
    same = len(x) > 0 and np.ptp(x) <= 1e-9 * np.abs(x).max()
    return np.full_like(x, x[0]) if same else x


def edge_spread(d: D) -> float:
    """Ardia, Guidotti and Kroencke's estimator, each indicator missing where what it compares is."""
    o, h, l, _ = np.log([d.o, d.h, d.l, d.c])[:, 1:]  # noqa: E741
    _, h1, l1, c1 = np.log([d.o, d.h, d.l, d.c])[:, :-1]
    m, m1 = (h + l) / 2, (h1 + l1) / 2

    def differ(x: Floats, y: Floats) -> Floats:
        return np.where(np.isnan(x + y), math.nan, x != y)

    tau = np.fmax(differ(h, l), differ(l, c1)) + 0 * (h + l + c1)
    open_, close = (
        np.nanmean(tau * differ(x, y)) + np.nanmean(tau * differ(x, z)) for x, y, z in ((o, h, l), (c1, h1, l1))
    )
    if np.nansum(tau) < 2 or not open_ * close > 0:
        return math.nan
    r1, r2, r3, r4, r5 = m - o, o - m1, m - c1, c1 - m1, o - c1
    d1, d3, d5 = (r - np.nanmean(r) / np.nanmean(tau) * tau for r in (r1, r3, r5))
    x = [settled(-4 / open_ * d1 * before - 4 / close * after * r4) for before, after in ((r2, d3), (r5, d5))]
    (e1, v1), (e2, v2) = ((np.mean(y), np.mean((y - y[0]) ** 2) - np.mean(y - y[0]) ** 2) for y in x)
    return math.sqrt(abs((v2 * e1 + v1 * e2) / (v1 + v2) if v1 + v2 else (e1 + e2) / 2))


REFERENCE: dict[str, Reference] = {
    "abdi_ranaldo_spread": abdi_ranaldo,
    "corwin_schultz_spread": corwin_schultz,
    "edge_spread": edge_spread,
    "roll_spread": roll_spread,
}

LOCKED = {"abdi_ranaldo_spread", "corwin_schultz_spread", "roll_spread"}
