"""What each verb becomes in the graph.

Moments and correlations are made of one pass of sums over values shifted by the first one that exists: a constant
series is then exactly 0, and because the shift is one of the values, the sums lose at most a factor of n in precision.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from factors.engine.ir.analysis import bare, implied, under_mask
from factors.engine.ir.calls import CALLS, call
from factors.engine.ir.table import LOWER
from factors.engine.ir.trace import SERIES, VALUE, NotTraceable, Traced, combine, minutes_of, number, windowed
from factors.engine.lowering import moving as lower_moving
from factors.engine.lowering import order as lower_order
from factors.errors import NotInSession
from factors.ops.selection import share_or_number

Number = Traced | float


def exists(x: Traced) -> Traced:
    """Return the symbol of where a series exists, in terms of what it is made of: so that few have to be asked."""
    graph, i = x.graph, bare(x.graph, x.node)
    under = under_mask(graph, i)
    if under is None:
        return combine("not", combine("isnan", _like(x, i), mask=True), mask=True)
    mask, inner = _like(x, under), graph.nodes[i].args[1]
    return mask if inner in implied(graph, under) else mask & exists(_like(x, inner))


def _like(x: Traced, node: int) -> Traced:
    return Traced(x.graph, node, None if x.graph.nodes[node].kind == VALUE else x.window)


def where(mask: Traced, x: Number, other: Number = math.nan) -> Traced:
    if not mask.mask:
        raise NotTraceable("m.where takes a mask first")
    if isinstance(x, Traced) and isinstance(other, float) and math.isnan(other):
        known = implied(mask.graph, mask.node)
        while under_mask(x.graph, x.node) in known:
            x = _like(x, x.graph.nodes[x.node].args[1])
    return combine("select", mask, x, other)


def ratio(a: Number, b: Traced) -> Traced:
    return combine("ratio", a, b)


def lag(x: Traced, minutes: int = 1) -> Traced:
    return _offset("lag", x, minutes)


def lead(x: Traced, minutes: int = 1) -> Traced:
    return _offset("lead", x, minutes)


def _offset(op: str, x: Traced, minutes: int) -> Traced:
    if not isinstance(minutes, int) or minutes < 1:
        raise NotTraceable(f"m.{op} by {minutes!r}")
    return windowed(op, number(x), about=(minutes,), kind=SERIES)


def log(x: Traced) -> Traced:
    return combine("log", x)


def exp(x: Traced) -> Traced:
    """Return the symbol of e to a power; of a third or a quarter of a logarithm, the root it stands for."""
    by, y = _times_log(x)
    if by == 1 / 3:
        return combine("cbrt", y)
    if by in (0.25, 0.5):
        root = combine("sqrt", y) if by == 0.5 else combine("sqrt", combine("sqrt", y))
        return where(combine("gt", y, 0, mask=True), root)
    return combine("exp", x)


def _times_log(x: Traced) -> tuple[float | None, Traced]:
    """Return c and y of a symbol c * log(y), and None and itself of any other."""
    nodes = x.graph.nodes
    node = nodes[x.node]
    if node.op != "mul" or nodes[node.args[0]].op != "constant" or nodes[node.args[1]].op != "log":
        return None, x
    return float(nodes[node.args[0]].about[0]), Traced(x.graph, nodes[node.args[1]].args[0], x.window)


def between(x: Traced, start: int, stop: int | None) -> Traced:
    begin, end = minutes_of(x)
    length = end - begin
    first = start + length if start < 0 else start
    last = length if stop is None else stop + length if stop < 0 else stop
    if first < 0 or last > length:
        raise NotInSession(f"window ({start}, {stop}] of {length} minutes")
    if first >= last:
        raise NotTraceable("an empty window")
    return Traced(x.graph, x.node, (begin + first, begin + last))


def head(x: Traced, minutes: int) -> Traced:
    return between(x, 0, minutes)


def tail(x: Traced, minutes: int) -> Traced:
    return between(x, -minutes, None)


def at(x: Traced, minute: int) -> Traced:
    begin, end = minutes_of(x)
    place = minute - 1 if minute > 0 else end - begin + minute
    if minute == 0:
        raise NotTraceable("m.at(x, 0)")
    if not 0 <= place < end - begin:
        raise NotInSession(f"minute {minute} of {end - begin}")
    return windowed("at", number(Traced(x.graph, x.node, (begin + place, begin + place + 1))))


def sum(x: Traced) -> Traced:
    if x.mask:
        return windowed("count", x)
    return windowed("sum", x)


def count(x: Traced) -> Traced:
    return windowed("count", x if x.mask else exists(x))


def mean(x: Traced) -> Traced:
    x = number(x)
    return ratio(sum(x), count(x))


def prod(x: Traced) -> Traced:
    return windowed("prod", number(x))


def max(x: Traced) -> Traced:
    return windowed("max", number(x))


def min(x: Traced) -> Traced:
    return windowed("min", number(x))


def any(mask: Traced) -> Traced:
    return combine("gt", count(mask), 0, mask=True)


def first(x: Traced, mask: Traced | None = None) -> Traced:
    return windowed("first", number(x), exists(x) if mask is None else mask)


def last(x: Traced, mask: Traced | None = None) -> Traced:
    return windowed("last", number(x), exists(x) if mask is None else mask)


def cummax(x: Traced) -> Traced:
    return windowed("cummax", number(x), kind=SERIES)


def cummin(x: Traced) -> Traced:
    return windowed("cummin", number(x), kind=SERIES)


def cumsum(x: Traced) -> Traced:
    return windowed("cumsum", number(x), kind=SERIES)


def ffill(x: Traced) -> Traced:
    return windowed("ffill", number(x), kind=SERIES)


def top(key: Traced, share: Fraction | str | None = None, k: int | None = None) -> Traced:
    part = share_or_number("m.top(key", share, k)
    return call("top", key, about=(part, 0) if isinstance(part, int) else (part.numerator, part.denominator))


def _power_sums(x: Traced) -> tuple[Traced, list[Traced]]:
    """Return the number of values and the sums of the first four powers of the shifted values (made when used)."""
    x = number(x)
    d = windowed("shift", x, kind=SERIES)
    square = d * d
    return count(x), [sum(d), sum(square), sum(square * d), sum(square * square)]


def _central(n: Traced, s: list[Traced]) -> tuple[Traced, Traced, Traced]:
    """Return m2, m3, m4 from power sums about any point."""
    a = ratio(s[0], n)
    m2 = ratio(s[1] - s[0] * a, n)
    m3 = ratio(s[2] - 3 * a * s[1] + 2 * a * a * s[0], n)
    m4 = ratio(s[3] - 4 * a * s[2] + 6 * a * a * s[1] - 3 * a * a * a * s[0], n)
    return m2, m3, m4


def centred(x: Traced) -> Traced:
    x = number(x)
    d = windowed("shift", x, kind=SERIES)
    return where(exists(x), d - ratio(sum(d), count(x)))


def var(x: Traced) -> Traced:
    return _central(*_power_sums(x))[0]


def std(x: Traced) -> Traced:
    return combine("sqrt", var(x))


def skew(x: Traced) -> Traced:
    m2, m3, _ = _central(*_power_sums(x))
    return ratio(m3, m2 * combine("sqrt", m2))


def kurt(x: Traced) -> Traced:
    m2, _, m4 = _central(*_power_sums(x))
    return ratio(m4, m2 * m2)


def corr(x: Traced, y: Traced) -> Traced:
    x, y = number(x), number(y)
    both = exists(x) & exists(y)
    dx = windowed("shift", where(both, x), kind=SERIES)
    dy = windowed("shift", where(both, y), kind=SERIES)
    n, sx, sy = count(both), sum(dx), sum(dy)
    covariance = sum(dx * dy) - ratio(sx * sy, n)
    spread = (sum(dx * dx) - ratio(sx * sx, n), sum(dy * dy) - ratio(sy * sy, n))
    found = ratio(covariance, combine("sqrt", spread[0]) * combine("sqrt", spread[1]))
    return where(found > 1, 1.0, where(found < -1, -1.0, found))


def _plain(op: str) -> Callable[..., Traced]:
    return lambda *xs: combine(op, *xs)


LOWER.update({
    "abs": _plain("abs"), "any": any, "at": at, "atan": _plain("atan"), "between": between, "centred": centred,
    "corr": corr, "count": count, "cummax": cummax, "cummin": cummin, "cumsum": cumsum, "erf": _plain("erf"),
    "exists": exists, "exp": exp, "ffill": ffill, "first": first, "floor": _plain("floor"), "head": head,
    "kurt": kurt, "lag": lag, "larger": _plain("larger"), "last": last, "lead": lead, "log": log, "max": max,
    "mean": mean, "min": min, "prod": prod, "ratio": ratio, "sign": _plain("sign"), "skew": skew,
    "smaller": _plain("smaller"), "sqrt": _plain("sqrt"), "std": std, "sum": sum, "tail": tail, "top": top, "var": var,
    "where": where, **lower_order.LOWER, **lower_moving.LOWER,
})  # fmt: skip

CALLS.update({**lower_order.CALLS, **lower_moving.CALLS})
