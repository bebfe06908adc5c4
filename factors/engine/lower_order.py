"""What the verbs that put the minutes in order, or group them by a key become in the graph.

The order of a key is a node of its own, so that all that read it share one sort.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from factors.engine.calls import Call, call
from factors.engine.trace import Traced, number
from factors.ops.order import checked, whole
from factors.ops.selection import fraction

CALLS: dict[str, Call] = {
    "order": Call("order", "series"),
    "ahead": Call("order", "series", series=3),
    "quantile": Call("order", "value", series=2),
    "group_sum": Call("order", "series", series=3),
    "area": Call("order", "series", mask=True, series=3),
    "half_var": Call("order", "value", series=2),
    "spaced": Call("order", "series", mask=True),
}
"""Calls that these verbs use."""


def ahead(key: Traced, x: Traced | None = None, smallest: bool = False) -> Traced:
    return call("ahead", _order(key), number(key), x, about=(int(smallest),))


def quantile(x: Traced, q: float) -> Traced:
    return call("quantile", _order(x), number(x), about=(checked(q),))


def group_sum(x: Traced, key: Traced) -> Traced:
    return call("group_sum", _order(key), number(key), number(x))


def area(x: Traced, key: Traced, share: Fraction | str) -> Traced:
    part = fraction(share, "m.area(x, key")
    return call("area", _order(key), number(key), number(x), about=(part.numerator, part.denominator))


def half_var(x: Traced) -> Traced:
    return call("half_var", _order(x), number(x))


def spaced(mask: Traced, gap: int) -> Traced:
    return call("spaced", mask, about=(whole(gap),))


def _order(key: Traced) -> Traced:
    return call("order", number(key))


LOWER: dict[str, Callable[..., Traced]] = {
    "ahead": ahead, "area": area, "group_sum": group_sum, "half_var": half_var, "quantile": quantile, "spaced": spaced,
}  # fmt: skip
"""Those of them that fuse."""
