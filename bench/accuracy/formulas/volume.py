"""Volumes, amounts and trades."""

from __future__ import annotations

from bench.accuracy.formulas.exact import Day, Reference, Result, Sum, corr, ctx, kurt, skew, var


def _share(day: Day, window: range | None) -> Result:
    return None if window is None else ctx.fsum(day.volume[t] for t in window) / ctx.fsum(day.volume)


def volume_share_std(day: Day) -> Result:
    whole = ctx.fsum(day.volume)
    return ctx.sqrt(var([day.once(v / whole) for v in day.volume]))


def volume_entropy(day: Day) -> Result:
    if day.minutes == 1:
        return None
    whole = ctx.fsum(day.volume)
    shares = [v / whole for v in day.volume if v > 0]
    found = -ctx.fsum(w * ctx.log(w) for w in shares) / ctx.log(day.minutes)
    return Sum(found, found + 1 / ctx.log(day.minutes))  # a share's own rounding moves w ln w by w (1 + ln w)


def _per_trade(day: Day, sign: int) -> Result:
    inside = [t for t in range(day.n) if day.r[t] * sign > 0]
    amount, trades = ctx.fsum(day.amount[t] for t in inside), ctx.fsum(day.trades[t] for t in inside)
    whole, number = ctx.fsum(day.amount), ctx.fsum(day.trades)
    return amount / trades / (whole / number) if trades and number and whole else None


REFERENCE: dict[str, Reference] = {
    "volume_open_30min_ratio": lambda day: _share(day, day.window(0, 30)),
    "volume_last_30min_ratio": lambda day: _share(day, day.window(-30)),
    "volume_perc_2": lambda day: _share(day, day.window(30, 60)),
    "volume_share_std": volume_share_std,
    "volume_skewness": lambda day: skew(day.volume),
    "volume_kurtosis": lambda day: kurt(day.volume),
    "volume_entropy": volume_entropy,
    "amount_autocorr": lambda day: corr(day.amount[1:], day.amount[:-1]),
    "amount_out_order_avg_ratio": lambda day: _per_trade(day, -1),
    "amount_in_order_avg_ratio": lambda day: _per_trade(day, 1),
    "amount_per_trade_skew": lambda day: skew(list(day.per_trade.values())),
}
