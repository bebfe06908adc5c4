"""Minutes put in an order: heads of volume, Gini's measure, ranks."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Floats, Reference, constant, joint, library


def head(d: D, key: Floats, parts: int) -> Floats:
    """Places of the shortest head of the traded bars, smallest key first, that holds 1/parts of the day's volume."""
    import pandas as pd

    bars = pd.DataFrame({"key": key, "volume": d.v})[d.traded].dropna().sort_values("key", kind="stable")
    before = bars.volume.cumsum().shift(fill_value=0.0)
    return np.array(bars.index[parts * before < d.v.sum()])


def smart(d: D) -> float:
    """Price of the volume that moves prices most, over the day's."""
    g = head(d, -np.abs(d.r) / d.v**0.25, 5)
    return float(d.a[g].sum() / d.v[g].sum() / (d.a.sum() / d.v.sum()))


def tail(d: D) -> float:
    """Mean return of the volume that fell most."""
    g = head(d, d.r, 20)
    return float(np.average(d.r[g], weights=d.v[g])) if len(g) else math.nan


def spearman(d: D, other: Floats) -> float:
    """SciPy's rank correlation with the amount per trade."""
    x, y = joint(np.divide(d.a, d.k, out=np.full(d.n, np.nan), where=d.k > 0), other)
    return math.nan if constant(x) or constant(y) else float(library("scipy.stats").spearmanr(x, y).statistic)


def game(y: Floats, key: Floats) -> float:
    """Σ (m + 1 − 2j)·y_(j)/(m·Σ y), j the place of a minute by its key."""
    y, key = joint(y, key)
    j = library("scipy.stats").rankdata(key, method="ordinal")
    return float((len(y) + 1 - 2 * j) @ y / (len(y) * y.sum()))


def rise(d: D) -> Floats:
    """C_t/O_{t−4} − 1 from the fifth minute on."""
    return d.c[4:] / d.o[:-4] - 1


def position(d: D) -> Floats:
    """Mean place of the close in the highs and lows so far."""
    import pandas as pd

    high, low = pd.Series(d.h).cummax().ffill(), pd.Series(d.l).cummin().ffill()
    return np.array((d.c / high + d.c / low) / 2 - 1)


REFERENCE: dict[str, Reference] = {
    "amplitude_game": lambda d: game(((d.h - d.l) / d.c)[4:], rise(d)) if d.n > 4 else math.nan,
    "rankcorr_pertrade_amount": lambda d: spearman(d, d.a),
    "rankcorr_pertrade_close": lambda d: spearman(d, d.c),
    "smart_money_q": smart,
    "vcvar": tail,
    "volume_game_position": lambda d: game(d.v, position(d)),
    "volume_game_return": lambda d: game(d.v[4:], rise(d)) if d.n > 4 else math.nan,
    "volume_gini": lambda d: float(np.abs(np.subtract.outer(d.v, d.v)).sum() / (2 * d.n * d.v.sum())),
}

LOCKED = set(REFERENCE) - {"amplitude_game", "rankcorr_pertrade_amount", "rankcorr_pertrade_close"}
