"""What each verb becomes in the graph.

Moments and correlations are made of one pass of sums over values shifted by the first one that exists: a constant
series is then exactly 0, and because the shift is one of the values, the sums lose at most a factor of n in precision.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from factors.engine.ir.analysis import implied, strip_scaling, under_mask
from factors.engine.ir.calls import call
from factors.engine.ir.graph import VALUE
from factors.engine.ir.table import LOWER
from factors.engine.ir.trace import NotTraceable, TracedArray, elementwise, minutes_of, moved, number, reduced, running
from factors.engine.lowering import moving as lower_moving
from factors.engine.lowering import order as lower_order
from factors.errors import NotInSession
from factors.ops.selection import share_or_number

Number = TracedArray | float


def exists(x: TracedArray) -> TracedArray:
    """Return the symbol of where a series exists, in terms of what it is made of: so that few have to be asked."""
    graph, i = x.graph, strip_scaling(x.graph, x.node)
    under = under_mask(graph, i)
    if under is None:
        return elementwise("not", elementwise("isnan", _like(x, i), mask=True), mask=True)
    mask, inner = _like(x, under), graph.nodes[i].args[1]
    return mask if inner in implied(graph, under) else mask & exists(_like(x, inner))


def _like(x: TracedArray, node: int) -> TracedArray:
    return TracedArray(x.graph, node, None if x.graph.nodes[node].kind == VALUE else x.window)


def where(mask: TracedArray, x: Number, other: Number = math.nan) -> TracedArray:
    if not mask.mask:
        raise NotTraceable("m.where takes a mask first")
    if isinstance(x, TracedArray) and isinstance(other, float) and math.isnan(other):
        known = implied(mask.graph, mask.node)
        while under_mask(x.graph, x.node) in known:
            x = _like(x, x.graph.nodes[x.node].args[1])
    return elementwise("select", mask, x, other)


def ratio(a: Number, b: TracedArray) -> TracedArray:
    return elementwise("ratio", a, b)


def lag(x: TracedArray, minutes: int = 1) -> TracedArray:
    return _offset("lag", x, minutes)


def lead(x: TracedArray, minutes: int = 1) -> TracedArray:
    return _offset("lead", x, minutes)


def _offset(op: str, x: TracedArray, minutes: int) -> TracedArray:
    if not isinstance(minutes, int) or minutes < 1:
        raise NotTraceable(f"m.{op} by {minutes!r}")
    return moved(op, number(x), minutes)


def log(x: TracedArray) -> TracedArray:
    return elementwise("log", x)


def exp(x: TracedArray) -> TracedArray:
    """Return the symbol of e to a power; of a third or a quarter of a logarithm, the root it stands for."""
    by, y = _times_log(x)
    if by == 1 / 3:
        return elementwise("cbrt", y)
    if by in (0.25, 0.5):
        root = elementwise("sqrt", y) if by == 0.5 else elementwise("sqrt", elementwise("sqrt", y))
        return where(elementwise("gt", y, 0, mask=True), root)
    return elementwise("exp", x)


def _times_log(x: TracedArray) -> tuple[float | None, TracedArray]:
    """Return c and y of a symbol c * log(y), and None and itself of any other."""
    nodes = x.graph.nodes
    node = nodes[x.node]
    if node.op != "mul" or nodes[node.args[0]].op != "constant" or nodes[node.args[1]].op != "log":
        return None, x
    return float(nodes[node.args[0]].number), TracedArray(x.graph, nodes[node.args[1]].args[0], x.window)


def between(x: TracedArray, start: int, stop: int | None) -> TracedArray:
    begin, end = minutes_of(x)
    length = end - begin
    first = start + length if start < 0 else start
    last = length if stop is None else stop + length if stop < 0 else stop
    if first < 0 or last > length:
        raise NotInSession(f"window ({start}, {stop}] of {length} minutes")
    if first >= last:
        raise NotTraceable("an empty window")
    return TracedArray(x.graph, x.node, (begin + first, begin + last))


def head(x: TracedArray, minutes: int) -> TracedArray:
    return between(x, 0, minutes)


def tail(x: TracedArray, minutes: int) -> TracedArray:
    return between(x, -minutes, None)


def at(x: TracedArray, minute: int) -> TracedArray:
    begin, end = minutes_of(x)
    place = minute - 1 if minute > 0 else end - begin + minute
    if minute == 0:
        raise NotTraceable("m.at(x, 0)")
    if not 0 <= place < end - begin:
        raise NotInSession(f"minute {minute} of {end - begin}")
    return reduced("at", number(TracedArray(x.graph, x.node, (begin + place, begin + place + 1))))


def sum(x: TracedArray) -> TracedArray:
    if x.mask:
        return reduced("count", x)
    return reduced("sum", x)


def count(x: TracedArray) -> TracedArray:
    return reduced("count", x if x.mask else exists(x))


def mean(x: TracedArray) -> TracedArray:
    x = number(x)
    return ratio(sum(x), count(x))


def prod(x: TracedArray) -> TracedArray:
    return reduced("prod", number(x))


def max(x: TracedArray) -> TracedArray:
    return reduced("max", number(x))


def min(x: TracedArray) -> TracedArray:
    return reduced("min", number(x))


def any(mask: TracedArray) -> TracedArray:
    return elementwise("gt", count(mask), 0, mask=True)


def first(x: TracedArray, mask: TracedArray | None = None) -> TracedArray:
    return reduced("first", number(x), exists(x) if mask is None else mask)


def last(x: TracedArray, mask: TracedArray | None = None) -> TracedArray:
    return reduced("last", number(x), exists(x) if mask is None else mask)


def cummax(x: TracedArray) -> TracedArray:
    return running("cummax", number(x))


def cummin(x: TracedArray) -> TracedArray:
    return running("cummin", number(x))


def cumsum(x: TracedArray) -> TracedArray:
    return running("cumsum", number(x))


def ffill(x: TracedArray) -> TracedArray:
    return running("ffill", number(x))


def top(key: TracedArray, share: Fraction | str | None = None, k: int | None = None) -> TracedArray:
    part = share_or_number("m.top(key", share, k)
    return call("top", key, constants=(part, 0) if isinstance(part, int) else (part.numerator, part.denominator))


def _power_sums(x: TracedArray) -> tuple[TracedArray, list[TracedArray]]:
    """Return the number of values and the sums of the first four powers of the shifted values (made when used)."""
    x = number(x)
    d = running("shift", x)
    square = d * d
    return count(x), [sum(d), sum(square), sum(square * d), sum(square * square)]


def _central(n: TracedArray, s: list[TracedArray]) -> tuple[TracedArray, TracedArray, TracedArray]:
    """Return m2, m3, m4 from power sums about any point."""
    a = ratio(s[0], n)
    m2 = ratio(s[1] - s[0] * a, n)
    m3 = ratio(s[2] - 3 * a * s[1] + 2 * a * a * s[0], n)
    m4 = ratio(s[3] - 4 * a * s[2] + 6 * a * a * s[1] - 3 * a * a * a * s[0], n)
    return m2, m3, m4


def centred(x: TracedArray) -> TracedArray:
    x = number(x)
    d = running("shift", x)
    return where(exists(x), d - ratio(sum(d), count(x)))


def var(x: TracedArray) -> TracedArray:
    return _central(*_power_sums(x))[0]


def std(x: TracedArray) -> TracedArray:
    return elementwise("sqrt", var(x))


def skew(x: TracedArray) -> TracedArray:
    m2, m3, _ = _central(*_power_sums(x))
    return ratio(m3, m2 * elementwise("sqrt", m2))


def kurt(x: TracedArray) -> TracedArray:
    m2, _, m4 = _central(*_power_sums(x))
    return ratio(m4, m2 * m2)


def corr(x: TracedArray, y: TracedArray) -> TracedArray:
    x, y = number(x), number(y)
    both = exists(x) & exists(y)
    dx = running("shift", where(both, x))
    dy = running("shift", where(both, y))
    n, sx, sy = count(both), sum(dx), sum(dy)
    covariance = sum(dx * dy) - ratio(sx * sy, n)
    spread = (sum(dx * dx) - ratio(sx * sx, n), sum(dy * dy) - ratio(sy * sy, n))
    found = ratio(covariance, elementwise("sqrt", spread[0]) * elementwise("sqrt", spread[1]))
    return where(found > 1, 1.0, where(found < -1, -1.0, found))


def _plain(op: str) -> Callable[..., TracedArray]:
    return lambda *xs: elementwise(op, *xs)


LOWER.update({
    "abs": _plain("abs"), "any": any, "at": at, "atan": _plain("atan"), "between": between, "centred": centred,
    "corr": corr, "count": count, "cummax": cummax, "cummin": cummin, "cumsum": cumsum, "erf": _plain("erf"),
    "exists": exists, "exp": exp, "ffill": ffill, "first": first, "floor": _plain("floor"), "head": head,
    "kurt": kurt, "lag": lag, "larger": _plain("larger"), "last": last, "lead": lead, "log": log, "max": max,
    "mean": mean, "min": min, "prod": prod, "ratio": ratio, "sign": _plain("sign"), "skew": skew,
    "smaller": _plain("smaller"), "sqrt": _plain("sqrt"), "std": std, "sum": sum, "tail": tail, "top": top, "var": var,
    "where": where, **lower_order.LOWER, **lower_moving.LOWER,
})  # fmt: skip
