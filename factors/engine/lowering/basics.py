"""What other lowerings are made of: where a series exists, sums and counts, values under a mask."""

from __future__ import annotations

import math

from factors.engine.ir.analysis import implied, strip_scaling, under_mask
from factors.engine.ir.graph import VALUE
from factors.engine.ir.trace import NotTraceable, TracedArray, elementwise, reduced

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


def sum(x: TracedArray) -> TracedArray:
    if x.mask:
        return reduced("count", x)
    return reduced("sum", x)


def count(x: TracedArray) -> TracedArray:
    return reduced("count", x if x.mask else exists(x))
