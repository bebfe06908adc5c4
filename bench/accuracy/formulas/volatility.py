"""Returns: their moments, jumps and dependence."""

from __future__ import annotations

from bench.accuracy.formulas.exact import (
    Day,
    Number,
    Reference,
    Result,
    Series,
    Sum,
    constant,
    corr,
    ctx,
    kurt,
    mean,
    skew,
    var,
)


def _signed(day: Day, sign: int) -> Series:
    return [r for r in day.r if r * sign > 0]


def _squares(x: Series) -> Number:
    return ctx.fsum(x, squared=True)


def _share(day: Day, sign: int) -> Result:
    whole = _squares(day.r)
    return _squares(_signed(day, sign)) / whole if whole else None


def return_updown_asym(day: Day) -> Result:
    whole = _squares(day.r)
    return Sum((_squares(_signed(day, 1)) - _squares(_signed(day, -1))) / whole, 1) if whole else None


def _last(day: Day) -> Series | None:
    window = day.window(-30)
    return [day.r[t] for t in window] if window is not None and day.busy(window, 16) else None


def return_skewness_5min(day: Day) -> Result:
    blocks = [range(end - 5 - day.t0 + 1, end - day.t0 + 1) for end in range(5, day.minutes + 1, 5)]
    inside = [block for block in blocks if block.start >= 0]
    before = [day.open[0], *day.close]
    found = [day.once((day.close[b[-1]] - before[b[0]]) / before[b[0]]) for b in inside]
    return skew(found) if len(found) > 1 else None


def _bipower(day: Day) -> Number:
    return ctx.pi / 2 * ctx.fsum(abs(a * b) for a, b in zip(day.l[1:], day.l, strict=False))


def bns_z(day: Day) -> Result:
    n, rv, bpv = len(day.l), _squares(day.l), _bipower(day)
    if not rv or not bpv or n < 3:
        return None
    mu = ctx.mpf(2) ** (ctx.mpf(2) / 3) * ctx.gamma(ctx.mpf(7) / 6) / ctx.gamma(ctx.mpf(1) / 2)
    size = [ctx.cbrt(abs(x)) ** 4 for x in day.l]
    tpq = mu**-3 * n * n / (n - 2) * ctx.fsum(a * b * c for a, b, c in zip(size[2:], size[1:], size, strict=False))
    by = ctx.sqrt(n) / ctx.sqrt((ctx.pi**2 / 4 + ctx.pi - 5) * max(ctx.one, tpq / bpv**2))
    return Sum(by * (1 - bpv / rv), by * (1 + bpv / rv))


def jo_z(day: Day) -> Result:
    n, size = len(day.l), [abs(x) for x in day.l]
    if n < 6:
        return None
    mu = ctx.mpf(2) ** (ctx.mpf(3) / 4) * ctx.gamma(ctx.mpf(5) / 4) / ctx.gamma(ctx.mpf(1) / 2)
    fours = (a * b * c * d for a, b, c, d in zip(size[3:], size[2:], size[1:], size, strict=False))
    omega = ctx.mpf(15) / 9 * n**3 * mu**-4 / (n - 5) * ctx.fsum(ctx.sqrt(x) ** 3 for x in fours)
    cubes = [2 * (ctx.expm1(x) - x) - x * x for x in day.l]
    whole = _squares(day.l) + ctx.fsum(cubes)
    if not omega or not whole:
        return None
    by = n * _bipower(day) / ctx.sqrt(omega) / whole
    return Sum(by * ctx.fsum(cubes), by * ctx.fsum(cubes, absolute=True))


def aj_z(day: Day) -> Result:
    n, fourth = len(day.l), ctx.fsum(x**4 for x in day.l)
    if not fourth:
        return None
    twos = [day.l[2 * j] + day.l[2 * j + 1] for j in range(n // 2)]
    ratio = ctx.fsum(x**4 for x in twos) / fourth
    bound = 4 * ctx.sqrt(_squares(day.l)) * ctx.mpf(n) ** ctx.mpf("-0.47")
    kept = [x for x in day.l if abs(x) < bound]
    a4 = ctx.mpf(n) / 3 * ctx.fsum(x**4 for x in kept)
    a8 = ctx.mpf(n) ** 3 / 105 * ctx.fsum(x**8 for x in kept)
    if not a4:
        return None
    by = 1 / ctx.sqrt(ctx.mpf("479.84") / 9 * a8 / (n * a4**2))
    return Sum(by * (ratio - 2), by * (ratio + 2))


def _ratio_of_variances(day: Day) -> tuple[Sum, Series] | None:
    n = len(day.l)
    if n < 6 or constant(day.l):
        return None
    mu = mean(day.l)
    d = [x - mu for x in day.l]
    fives = [ctx.fsum(d[i : i + 5]) for i in range(n - 4)]
    ratio = _squares(fives) / (5 * (n - 4) * (1 - ctx.mpf(5) / n)) / (_squares(d) / (n - 1))
    return Sum(ratio - 1, ratio + 1), d


def variance_ratio_5(day: Day) -> Result:
    found = _ratio_of_variances(day)
    return found and found[0]


def variance_ratio_z(day: Day) -> Result:
    found = _ratio_of_variances(day)
    if found is None:
        return None
    ratio, d = found
    square = [x * x for x in d]
    whole = ctx.fsum(square) ** 2
    spread = ctx.fsum(
        (ctx.mpf(2 * (5 - j)) / 5) ** 2 * ctx.fdot(zip(square[j:], square, strict=False)) / whole for j in range(1, 5)
    )
    return Sum(ratio.value / ctx.sqrt(spread), ratio.terms / ctx.sqrt(spread)) if spread else None


def _slope_of_logs(y: Series, x: list[int]) -> Sum:
    """Return the slope of logarithms on logarithms of numbers; what they are taken of is rounded too."""
    logs = [ctx.log(v) for v in x]
    dx = [v - mean(logs) for v in logs]
    square = _squares(dx)
    found = ctx.fdot(zip(dx, y, strict=True)) / square
    return Sum(found, ctx.fsum(abs(a) * (1 + abs(b)) for a, b in zip(dx, y, strict=True)) / square)


def hurst_rs(day: Day) -> Result:
    sizes, logs = [], []
    for m in (10, 20, 30, 40, 60, 120):
        found = []
        for block in (day.l[i * m : (i + 1) * m] for i in range(len(day.l) // m)):
            middle, so_far, path = mean(block), ctx.zero, []
            for x in block:
                so_far += x - middle
                path.append(so_far)
            if not constant(block):
                found.append((max(path) - min(path)) / ctx.sqrt(var(block)))
        if found:
            sizes.append(m)
            logs.append(ctx.log(mean(found)))
    return _slope_of_logs(logs, sizes) if len(sizes) >= 3 else None


def hurst_diff(day: Day) -> Result:
    if len(day.l) < 20:
        return None
    level = [ctx.log(c) for c in day.close]
    logs = []
    for lag in range(1, 21):
        step = [after - before for after, before in zip(level[lag:], level, strict=False)]
        if not any(step):
            return None
        logs.append(ctx.log(_squares(step) / len(step)))
    found = _slope_of_logs(logs, list(range(1, 21)))
    return Sum(found.value / 2, found.terms / 2)


REFERENCE: dict[str, Reference] = {
    "return_var": lambda day: var(day.r),
    "return_skewness": lambda day: skew(day.r),
    "return_kurtosis": lambda day: kurt(day.r),
    "return_upward_var": lambda day: var(_signed(day, 1)),
    "return_downward_var": lambda day: var(_signed(day, -1)),
    "return_upward_var_ratio": lambda day: _share(day, 1),
    "return_downward_var_ratio": lambda day: _share(day, -1),
    "return_updown_asym": return_updown_asym,
    "return_var_last_30min": lambda day: var(_last(day) or []),
    "return_skewness_last_30min": lambda day: skew(_last(day) or []),
    "return_kurtosis_last_30min": lambda day: kurt(_last(day) or []),
    "return_skewness_5min": return_skewness_5min,
    "bns_z": bns_z,
    "jo_z": jo_z,
    "aj_z": aj_z,
    "variance_ratio_5": variance_ratio_5,
    "variance_ratio_z": variance_ratio_z,
    "hurst_rs": hurst_rs,
    "hurst_diff": hurst_diff,
    "leverage_corr": lambda day: corr(day.l[:-1], [x * x for x in day.l[1:]]),
}
