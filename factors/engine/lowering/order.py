"""What the verbs that put the minutes in order, or group them by a key become in the graph.

The order of a key is a node of its own, so that all that read it share one sort.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from factors.engine.ir.calls import call
from factors.engine.ir.trace import TracedArray, number
from factors.ops.order import checked, whole
from factors.ops.selection import fraction


def ahead(key: TracedArray, x: TracedArray | None = None, smallest: bool = False) -> TracedArray:
    return call("ahead", _order(key), number(key), x, constants=(int(smallest),))


def rank(x: TracedArray) -> TracedArray:
    return call("rank", _order(x))


def quantile(x: TracedArray, q: float) -> TracedArray:
    return call("quantile", _order(x), number(x), constants=(checked(q),))


def group_sum(x: TracedArray, key: TracedArray) -> TracedArray:
    return call("group_sum", _order(key), number(key), number(x))


def area(x: TracedArray, key: TracedArray, share: Fraction | str) -> TracedArray:
    part = fraction(share, "m.area(x, key")
    return call("area", _order(key), number(key), number(x), constants=(part.numerator, part.denominator))


def half_var(x: TracedArray) -> TracedArray:
    return call("half_var", _order(x), number(x))


def spaced(mask: TracedArray, gap: int) -> TracedArray:
    return call("spaced", mask, constants=(whole(gap),))


def _order(key: TracedArray) -> TracedArray:
    return call("order", number(key))


LOWER: dict[str, Callable[..., TracedArray]] = {
    "ahead": ahead, "area": area, "group_sum": group_sum, "half_var": half_var, "quantile": quantile, "rank": rank,
    "spaced": spaced,
}  # fmt: skip
"""Those of them that fuse."""
