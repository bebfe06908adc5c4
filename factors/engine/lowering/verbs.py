"""What each verb becomes in the graph; those of moments, orders and moving windows in the modules beside this one."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from factors.engine.ir.calls import call
from factors.engine.ir.table import LOWER
from factors.engine.ir.trace import NotTraceable, TracedArray, elementwise, minutes_of, moved, number, reduced, running
from factors.engine.lowering import moments, moving, order
from factors.engine.lowering.basics import count, exists, ratio, sum, where
from factors.errors import NotInSession
from factors.ops.selection import share_or_number


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


def log1p(x: TracedArray) -> TracedArray:
    return elementwise("log1p", x)


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


def _plain(op: str) -> Callable[..., TracedArray]:
    return lambda *xs: elementwise(op, *xs)


LOWER.update({
    "abs": _plain("abs"), "any": any, "at": at, "atan": _plain("atan"), "between": between, "count": count,
    "cummax": cummax, "cummin": cummin, "cumsum": cumsum, "erf": _plain("erf"), "exists": exists, "exp": exp,
    "ffill": ffill, "first": first, "floor": _plain("floor"), "head": head, "lag": lag, "larger": _plain("larger"),
    "last": last, "lead": lead, "log": log, "log1p": log1p, "max": max, "mean": mean, "min": min, "prod": prod,
    "ratio": ratio, "sign": _plain("sign"), "smaller": _plain("smaller"), "sqrt": _plain("sqrt"), "sum": sum,
    "tail": tail, "top": top, "where": where, **moments.LOWER, **moving.LOWER, **order.LOWER,
})  # fmt: skip
