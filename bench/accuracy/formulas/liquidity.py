"""Price impact, spreads, fits with several regressors, spectra."""

from __future__ import annotations

from bench.accuracy.formulas.exact import (
    Day,
    Number,
    Reference,
    Result,
    Series,
    Sum,
    centred,
    constant,
    cov,
    ctx,
    mean,
    products,
    slope,
    var,
)  # fmt: skip


def amihud_mean(day: Day) -> Result:
    each = [abs(r) / a for r, a in zip(day.r, day.amount, strict=True) if a > 0]
    return ctx.mpf(10) ** 8 * mean(each) if each else None


def _last_signs(x: Series) -> list[int]:
    """Return the sign of the last value so far that is not 0."""
    found = [0]
    for value in x:
        found.append(int(ctx.sign(value)) or found[-1])
    return found[1:]


def _steps(day: Day) -> Series:
    return [day.once(c - p) for c, p in zip(day.close[1:], day.close, strict=False)]


def kyle_lambda(day: Day) -> Result:
    step = _steps(day)
    return slope(step, [s * v for s, v in zip(_last_signs(step), day.volume[1:], strict=True)])


def kyle_lambda_sqrt(day: Day) -> Result:
    return slope(day.r, [s * ctx.sqrt(a) for s, a in zip(_last_signs(day.r), day.amount, strict=True)])


def _two_slopes(y: Series, x1: Series, x2: Series) -> tuple[Sum, Sum] | None:
    """Return the slopes of a fit on two regressors; None where they do not determine them."""
    if constant(x1) or constant(x2):
        return None
    dy, d1, d2 = centred(y), centred(x1), centred(x2)
    s11, s22, s12 = (products(a, b).value for a, b in ((d1, d1), (d2, d2), (d1, d2)))
    s1, s2 = products(d1, dy).value, products(d2, dy).value
    det = s11 * s22 - s12 * s12
    if det < 1e-10 * s11 * s22:  # as the rows of several regressors say
        return None
    return (
        Sum((s22 * s1 - s12 * s2) / det, (abs(s22 * s1) + abs(s12 * s2)) / det),
        Sum((s11 * s2 - s12 * s1) / det, (abs(s11 * s2) + abs(s12 * s1)) / det),
    )


def pastor_stambaugh_gamma(day: Day) -> Result:
    now = day.r[:-1]
    signed = [ctx.sign(r) * a for r, a in zip(now, day.amount, strict=False)]
    found = _two_slopes(day.r[1:], now, signed)
    return found and found[1]


def sell_buy_illiq_gap(day: Day) -> Result:
    step = _steps(day)
    if constant(step, 1e-6):
        return None
    spread = ctx.sqrt(var(step))
    buy = [a * ctx.ncdf(d / spread) for a, d in zip(day.amount[1:], step, strict=True)]
    sell = [a - b for a, b in zip(day.amount[1:], buy, strict=True)]
    found = _two_slopes(day.r[1:], sell, buy)
    return found and Sum(found[0].value + found[1].value, found[0].terms + found[1].terms)


def _volume_changes(day: Day) -> tuple[Number, Number, Number, Number, int] | None:
    """Return the fit of r on six changes of volume: TSS, RSS, the intercept, its entry of the inverse, and n."""
    change = [after - before for after, before in zip(day.volume[1:], day.volume, strict=False)]  # of places 1..n-1
    places = range(6, day.n)
    y = [day.r[t] for t in places]
    if len(y) < 8 or constant(change) or constant(y):
        return None
    unit = max(abs(x) for x in change)
    rows = [[ctx.one, *(change[t - 1 - lag] / unit for lag in range(6))] for t in places]
    square = ctx.matrix(7, 7)
    columns = [list(column) for column in zip(*rows, strict=True)]
    for i in range(7):
        for j in range(i + 1):
            square[i, j] = square[j, i] = ctx.fdot(zip(columns[i], columns[j], strict=True))
    right = ctx.matrix([ctx.fdot(zip(column, y, strict=True)) for column in columns])
    try:
        inverse = ctx.inverse(square)
    except ZeroDivisionError:
        return None
    beta = inverse * right
    left = [v - ctx.fdot(zip(row, beta, strict=True)) for row, v in zip(rows, y, strict=True)]
    return ctx.fsum(centred(y), squared=True), ctx.fsum(left, squared=True), beta[0], inverse[0, 0], len(y)


def vol_diff_f(day: Day) -> Result:
    found = _volume_changes(day)
    if found is None or found[1] <= 1e-18 * found[0]:
        return None
    whole, left, _, _, n = found
    by = ctx.mpf(n - 7) / 6 / left
    return Sum(by * (whole - left), by * (whole + left))


def vol_diff_intercept_t(day: Day) -> Result:
    found = _volume_changes(day)
    if found is None or found[1] <= 1e-18 * found[0]:
        return None
    _, left, intercept, entry, n = found
    by = 1 / ctx.sqrt(left / (n - 7) * entry)
    return Sum(intercept * by, by * ctx.fsum(day.r[6:], absolute=True) / n)


def roll_spread(day: Day) -> Result:
    if len(day.l) < 2:
        return None
    found = cov(day.l[1:], day.l[:-1])
    return Sum(2 * ctx.sqrt(max(-found.value, ctx.zero)), 2 * ctx.sqrt(found.terms))


def edge_spread(day: Day) -> Result:
    o, h, low, c = ([day.once(ctx.log(x)) for x in series] for series in (day.open, day.high, day.low, day.close))
    mid = [(a + b) / 2 for a, b in zip(h, low, strict=True)]
    times = range(1, day.n)
    moved = [ctx.mpf(h[t] != low[t] or low[t] != c[t - 1]) for t in times]
    number = ctx.fsum(moved)
    if number < 2:
        return None
    tau = mean(moved)
    po = mean([m * ((o[t] != h[t]) + (o[t] != low[t])) for m, t in zip(moved, times, strict=True)])
    pc = mean([m * ((c[t - 1] != h[t - 1]) + (c[t - 1] != low[t - 1])) for m, t in zip(moved, times, strict=True)])
    if not po or not pc:
        return None
    r1, r2 = [mid[t] - o[t] for t in times], [o[t] - mid[t - 1] for t in times]
    r3, r4 = [mid[t] - c[t - 1] for t in times], [c[t - 1] - mid[t - 1] for t in times]
    r5 = [o[t] - c[t - 1] for t in times]
    shifts = [mean(r) / tau for r in (r1, r3, r5)]
    d1, d3, d5 = (
        [v - shift * m for v, m in zip(r, moved, strict=True)] for r, shift in zip((r1, r3, r5), shifts, strict=True)
    )
    at_open, at_close = -4 / po, -4 / pc
    x1 = [at_open * a * b + at_close * e * f for a, b, e, f in zip(d1, r2, d3, r4, strict=True)]
    x2 = [at_open * a * b + at_close * e * f for a, b, e, f in zip(d1, r5, d5, r4, strict=True)]
    e1, e2, v1, v2 = mean(x1), mean(x2), var(x1), var(x2)
    size = max(mean([abs(x) for x in x1]), mean([abs(x) for x in x2]))
    found = (v2 * e1 + v1 * e2) / (v1 + v2) if v1 + v2 else (e1 + e2) / 2
    return Sum(ctx.sqrt(abs(found)), ctx.sqrt(size))


def _slow_share(day: Day, x: Series, begin: int) -> Result:
    """Return the share of a spectrum at periods of 30 minutes or more; the rest by Parseval's identity."""
    if constant(x):
        return None
    y, length = centred(x), day.minutes
    low = ctx.zero
    waves = [ctx.expjpi(ctx.mpf(2 * k) / length) for k in range(length)]
    cosine, sine = [w.real for w in waves], [w.imag for w in waves]
    for k in range(1, length // 30 + 1):
        at = [k * (begin + i) % length for i in range(len(y))]
        low += ctx.fdot(y, [cosine[j] for j in at]) ** 2 + ctx.fdot(y, [sine[j] for j in at]) ** 2
    nyquist = ctx.fsum(v if (begin + i) % 2 == 0 else -v for i, v in enumerate(y)) ** 2 if length % 2 == 0 else 0
    return low / ((length * ctx.fsum(y, squared=True) + nyquist) / 2)


REFERENCE: dict[str, Reference] = {
    "amihud_mean": amihud_mean,
    "kyle_lambda": kyle_lambda,
    "kyle_lambda_sqrt": kyle_lambda_sqrt,
    "pastor_stambaugh_gamma": pastor_stambaugh_gamma,
    "sell_buy_illiq_gap": sell_buy_illiq_gap,
    "vol_diff_f": vol_diff_f,
    "vol_diff_intercept_t": vol_diff_intercept_t,
    "roll_spread": roll_spread,
    "edge_spread": edge_spread,
    "spectral_low_ratio": lambda day: _slow_share(day, day.l, day.t0) if day.l else None,
    "volume_power_ratio": lambda day: _slow_share(day, day.volume, day.t0 - 1),
}
