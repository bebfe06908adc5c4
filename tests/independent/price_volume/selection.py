"""Returns, volumes and prices of chosen bars: the largest and the smallest by a key."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from tests.independent.tools import D, Floats, Reference, constant, corr, std, there, top

Places = np.ndarray[tuple[int], np.dtype[np.int64]]


def share(n: int, parts: int) -> int:
    """A share of n bars, at least one."""
    return max(1, n // parts)


def by_volume(d: D, k: int, sign: int = 1) -> Places:
    """The k traded bars of most (-1: least) volume."""
    return top(np.where(d.traded, sign * d.v, np.nan), k)


def lead(d: D) -> Floats:
    """Return of the next minute."""
    return np.append(d.r[1:], np.nan)


def of_volume(d: D, k: int, sign: int) -> float:
    """Growth over the bars of most or least volume; NaN if there are not so many, or none of them has one."""
    s = by_volume(d, k, sign)
    return float(np.prod(1 + there(d.b[s])) - 1) if len(s) == k and len(there(d.b[s])) else math.nan


def ahead_of(d: D, sign: int) -> float:
    """Share of the volume that comes before the largest or the smallest returns."""
    key = np.where(d.traded, sign * lead(d), np.nan)
    n = int(np.count_nonzero(~np.isnan(key)))
    return float(d.v[top(key, share(n, 10))].sum() / d.v.sum()) if n else math.nan


def structural(d: D) -> float:
    """Return by volume outside the quiet tenth, less the return by inverse volume inside."""
    quiet = np.zeros(d.n, dtype=bool)
    quiet[by_volume(d, share(int(d.traded.sum()), 10), -1)] = True
    loud, r = d.traded & ~quiet, np.nan_to_num(d.r)
    if not loud.any():
        return math.nan
    return float(np.average(r[loud], weights=d.v[loud]) - np.average(r[quiet], weights=1 / d.v[quiet]))


def vwap_gap(d: D) -> float:
    """Price of the loud tenth less that of the quiet tenth, over the day's."""
    k = share(int(d.traded.sum()), 10)
    loud, quiet = (d.a[s].sum() / d.v[s].sum() for s in (by_volume(d, k), by_volume(d, k, -1)))
    return float((loud - quiet) / (d.a.sum() / d.v.sum()))


def activity(d: D) -> float:
    """Size of the trades in the loud fifth over that of all."""
    s = by_volume(d, share(int(d.traded.sum()), 5))
    return float((d.v[s].sum() / d.k[s].sum()) / (d.v.sum() / d.k.sum()))


def local(d: D) -> float:
    """Returns of the fifth of the bars with the largest trades."""
    key = np.where((d.k > 0) & ~np.isnan(d.r), d.v / d.k, np.nan)
    s = top(key, share(int(np.count_nonzero(~np.isnan(key))), 5))
    return float(d.r[s].sum()) if len(s) else math.nan


def spread(d: D) -> float:
    """Deviation of the returns in the loud third over that of all."""
    return math.nan if constant(there(d.r)) else std(d.r[by_volume(d, share(int(d.traded.sum()), 3))]) / std(d.r)


def lead_corr(d: D) -> float:
    """Correlation of volume with the next return in the loud third."""
    s = by_volume(d, share(int(d.traded.sum()), 3))
    return corr(lead(d)[s], d.v[s])


REFERENCE: dict[str, Reference] = {
    "VR_1min_lead_top33_volume": lead_corr,
    "local_reversal_per_trade": local,
    "per_trade_high_activity": activity,
    **{
        f"return_{name}{k}_volume": partial(of_volume, k=k, sign=s)
        for k in (20, 50)
        for name, s in (("top", 1), ("bottom", -1))
    },
    "return_std_ratio_top33_volume": spread,
    "return_tail5_mean": lambda d: float(np.sort(there(d.r))[: share(len(there(d.r)), 20)].mean()),
    "return_top10_prod": lambda d: float(np.expm1(np.log1p(np.sort(there(d.r))[-share(len(there(d.r)), 10) :]).sum())),
    "return_topk_mean": lambda d: float(np.sort(there(d.r))[-5:].mean()) if len(there(d.r)) >= 5 else math.nan,
    "smart_money_share": partial(ahead_of, sign=1),
    "structural_reversal": structural,
    "stupid_money_share": partial(ahead_of, sign=-1),
    "volume_top10pct_share": lambda d: float(d.v[by_volume(d, share(int(d.traded.sum()), 10))].sum() / d.v.sum()),
    "vwap_high_low_volume_gap": vwap_gap,
}

LOCKED = set(REFERENCE) - {"VR_1min_lead_top33_volume", "return_std_ratio_top33_volume"}
