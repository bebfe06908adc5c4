"""Prices and volumes together: correlations, selections by volume, windows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bench.accuracy.formulas.exact import (
    Day,
    Number,
    Reference,
    Result,
    Series,
    Sum,
    centred,
    constant,
    corr,
    cov,
    ctx,
    floor_bin,
    kurt,
    mean,
    skew,
    top,
    var,
)  # fmt: skip


def _busiest(day: Day) -> list[int]:
    """Return the third of the traded bars with the largest volumes."""
    return top({t: day.floats["volume"][t] for t in day.traded}, max(1, len(day.traded) // 3))


def _largest_orders(day: Day) -> list[int]:
    """Return the three tenths of the bars with trades whose amounts per trade are largest."""
    keys = {t: day.floats["amount"][t] / k for t, k in enumerate(day.floats["trades"]) if k > 0}
    return top(keys, max(1, 3 * len(keys) // 10))


def _at(series: Series, places: Sequence[int]) -> Series:
    return [series[t] for t in places]


def _corr_at(day: Day, x: Series, places: Sequence[int], shift: int = 0) -> Result:
    """Return the correlation of a shifted series with volume at places where both exist."""
    inside = [t for t in places if 0 <= t + shift < day.n]
    return corr([x[t + shift] for t in inside], _at(day.volume, inside))


def _last(day: Day, x: Series) -> Result:
    window = day.window(-30)
    return _corr_at(day, x, window) if window is not None and day.busy(window, 16) else None


def cum_return_top30_order(day: Day) -> Result:
    places = _largest_orders(day)
    whole = ctx.fprod(1 + r for r in _at(day.r, places))
    return Sum(whole - 1, whole + 1) if places else None


def netinflow_top30_order(day: Day) -> Result:
    whole = ctx.fsum(day.amount)
    flows = [day.amount[t] * ctx.sign(day.r[t]) / whole for t in _largest_orders(day)] if whole else []
    return Sum(ctx.fsum(flows), ctx.fsum(flows, absolute=True)) if flows else None


def corr_volume_amplitude(day: Day) -> Result:
    amplitude = [day.once((h - low) / o) for h, low, o in zip(day.high, day.low, day.open, strict=True)]
    return corr(day.volume, amplitude)


def corr_close_dvolume(day: Day) -> Result:
    pairs = list(zip(day.traded[1:], day.traded, strict=False))
    growth = [day.once((day.volume[t] - day.volume[s]) / day.volume[s]) for t, s in pairs]
    return corr([day.close[t] for t, _ in pairs], growth)


def corr_volume_vwap(day: Day) -> Result:
    each = zip(day.amount, day.volume, day.close, strict=True)
    return corr(day.volume, [day.once(a / v) if v > 0 else c for a, v, c in each])


def dp_up_autocorr(day: Day) -> Result:
    step = [day.once(c - p) for c, p in zip(day.close[1:], day.close, strict=False)]
    pairs = [(a, b) for a, b in pairwise(step) if a > 0 and b > 0]
    return corr([a for a, _ in pairs], [b for _, b in pairs], 1e-6) if len(pairs) >= 5 else None


def weighted_price_skewness(day: Day) -> Result:
    if constant(day.close):
        return None
    whole, spread = ctx.fsum(day.volume), ctx.sqrt(var(day.close)) ** 3
    each = [v / whole * d**3 / spread for v, d in zip(day.volume, centred(day.close), strict=True)]
    return Sum(ctx.fsum(each), ctx.fsum(each, absolute=True))


def pricebin_volume_skew(day: Day) -> Result:
    high, low, whole = max(day.floats["high"]), min(day.floats["low"]), ctx.fsum(day.amount)
    if high == low or not whole:
        return None
    share = [ctx.zero] * 10
    for close, amount in zip(day.floats["close"], day.amount, strict=True):
        share[min(9, floor_bin((10 * (close - low)) / (high - low)))] += amount / whole
    mu = ctx.fsum(k * v for k, v in enumerate(share))
    spread = ctx.sqrt(ctx.fsum(v * (k - mu) ** 2 for k, v in enumerate(share))) ** 3
    if sum(v > 0 for v in share) < 2:
        return None
    each = [v * (k - mu) ** 3 / spread for k, v in enumerate(share)]
    return Sum(ctx.fsum(each), ctx.fsum(each, absolute=True))


def _sums(x: Series, width: int) -> Series:
    """Return the sums of all windows."""
    found = [ctx.fsum(x[:width])]
    for new, old in zip(x[width:], x, strict=False):
        found.append(found[-1] + new - old)
    return found


def mmt_ols_beta_zscore_last(day: Day) -> Result:
    if day.n < 50:
        return None
    low, high = ([x - day.low[0] for x in series] for series in (day.low, day.high))
    sums = [_sums(x, 50) for x in (low, high, [a * a for a in low], [a * b for a, b in zip(low, high, strict=True)])]
    beta = []
    for i, (sx, sy, sxx, sxy) in enumerate(zip(*sums, strict=True)):
        if not constant(day.floats["low"][i : i + 50]):
            beta.append(day.once((sxy - sx * sy / 50) / (sxx - sx * sx / 50)))
    if constant(beta):
        return None
    spread = ctx.sqrt(var(beta))
    return Sum((beta[-1] - mean(beta)) / spread, (abs(beta[-1]) + abs(mean(beta))) / spread)


def _levels(day: Day) -> dict[int, Number]:
    """Return the squared std/mean of the 20 prices of the last five minutes, by place; 0 where they are constant."""
    names = ("open", "high", "low", "close")
    whole = [ctx.fsum(getattr(day, name)[t] for name in names) for t in range(day.n)]
    square = [ctx.fsum((getattr(day, name)[t] for name in names), squared=True) for t in range(day.n)]
    found = {}
    for t in range(4, day.n):
        prices = [day.floats[name][s] for name in names for s in range(t - 4, t + 1)]
        middle = ctx.fsum(whole[t - 4 : t + 1]) / 20
        spread = ctx.fsum(square[t - 4 : t + 1]) / 20 - middle**2
        found[t] = ctx.zero if max(prices) == min(prices) else day.once(spread / middle**2)
    return found


def _return_per_level(day: Day, *, highest: bool) -> Result:
    levels = _levels(day)
    if not levels:
        return None
    all_of = list(levels.values())
    bound = mean(all_of) + ctx.sqrt(var(all_of)) if highest else ctx.zero
    inside = [t for t, level in levels.items() if level > 0 and level >= bound]
    if len(inside) < 3:
        return None
    return cov([day.r[t] / levels[t] for t in inside], [levels[t] for t in inside])


REFERENCE: dict[str, Reference] = {
    "cum_return_top30_order": cum_return_top30_order,
    "netinflow_top30_order": netinflow_top30_order,
    "return_var_top33_volume": lambda day: var(_at(day.r, _busiest(day))),
    "return_skewness_top33_volume": lambda day: skew(_at(day.r, _busiest(day))),
    "return_kurtosis_top33_volume": lambda day: kurt(_at(day.r, _busiest(day))),
    "VP": lambda day: corr(day.close, day.volume),
    "VP_top33_volume": lambda day: _corr_at(day, day.close, _busiest(day)),
    "VP_last_30min": lambda day: _last(day, day.close),
    "VR": lambda day: corr(day.r, day.volume),
    "VR_1min_lag": lambda day: _corr_at(day, day.r, range(day.n), -1),
    "VR_1min_lead": lambda day: _corr_at(day, day.r, range(day.n), 1),
    "VR_top33_volume": lambda day: _corr_at(day, day.r, _busiest(day)),
    "VR_1min_lag_top33_volume": lambda day: _corr_at(day, day.r, _busiest(day), -1),
    "VR_last_30min": lambda day: _last(day, day.r),
    "corr_volume_item": lambda day: corr(day.volume, day.trades),
    "corr_volume_amplitude": corr_volume_amplitude,
    "corr_ret_lastret": lambda day: corr(day.r[1:], day.r[:-1]),
    "corr_close_nextopen": lambda day: corr(day.close[:-1], day.open[1:]),
    "corr_close_dvolume": corr_close_dvolume,
    "corr_absret_amount": lambda day: corr([abs(x) for x in day.l], day.amount[1:]),
    "corr_volume_vwap": corr_volume_vwap,
    "dp_up_autocorr": dp_up_autocorr,
    "weighted_price_skewness": weighted_price_skewness,
    "pricebin_volume_skew": pricebin_volume_skew,
    "mmt_ols_beta_zscore_last": mmt_ols_beta_zscore_last,
    "better_vol_cov": lambda day: _return_per_level(day, highest=False),
    "climb_cov": lambda day: _return_per_level(day, highest=True),
}
