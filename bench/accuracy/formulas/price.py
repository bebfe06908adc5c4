"""Prices of the whole day and of its parts."""

from __future__ import annotations

from bench.accuracy.formulas.exact import Day, Reference, Result, Sum, ctx


def _ratio(day: Day, start: int | None, stop: int | None) -> Result:
    """Return the return between two closes, by place."""
    if start is None or stop is None:
        return None
    return (day.close[stop] - day.close[start]) / day.close[start]


def return_intraday(day: Day) -> Result:
    return (day.close[-1] - day.open[0]) / day.open[0]


def return_improved(day: Day) -> Result:
    return None if day.minutes <= 30 else _ratio(day, day.place(30), day.n - 1)


def tp_diff(day: Day) -> Result:
    first, last = (day.high[t] + day.low[t] + day.close[t] for t in (0, -1))
    return Sum(last / first - 1, last / first + 1)


def intraday_maxdrawdown(day: Day) -> Result:
    deepest, highest = ctx.zero, day.close[0]
    for close in day.close:
        highest = max(highest, close)
        deepest = max(deepest, (highest - close) / highest)
    return deepest


def trend_ratio(day: Day) -> Result:
    path = ctx.fsum((c - p for c, p in zip(day.close[1:], day.close, strict=False)), absolute=True)
    return (day.close[-1] - day.close[0]) / path if path else None


def close_vwap_dev(day: Day) -> Result:
    ratio = day.close[-1] / day.vwap if day.vwap else None
    return None if ratio is None else Sum(ratio - 1, ratio + 1)


def return_last_30min(day: Day) -> Result:
    return _ratio(day, day.place(day.minutes - 30), day.n - 1) if day.busy(day.window(-30), 16) else None


def return_open_30min(day: Day) -> Result:
    if not day.busy(day.window(0, 30), 16):
        return None
    return (day.close[30 - day.t0] - day.open[0]) / day.open[0]


def return_am(day: Day) -> Result:
    noon = None if day.lunch is None else day.place(day.lunch)
    return None if noon is None else (day.close[noon] - day.open[0]) / day.open[0]


def return_pm(day: Day) -> Result:
    return None if day.lunch is None else _ratio(day, day.place(day.lunch), day.n - 1)


def arpp(day: Day) -> Result:
    high, low = max(day.high), min(day.low)
    if high == low:
        return None
    middle = ctx.fsum(x - low for name in ("open", "high", "low", "close") for x in getattr(day, name)) / (4 * day.n)
    return middle / (high - low)


REFERENCE: dict[str, Reference] = {
    f.__name__: f
    for f in (
        return_intraday, return_improved, tp_diff, intraday_maxdrawdown, trend_ratio, close_vwap_dev,
        return_last_30min, return_open_30min, return_am, return_pm, arpp,
    )
}  # fmt: skip
