"""What the verbs that put the minutes in order, or group them by a key become in the graph.

The order of a key is a node of its own, so that all that read it share one sort.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from factors.engine.ir.analysis import reachable
from factors.engine.ir.calls import call
from factors.engine.ir.trace import VALUE, Graph, Node, TracedArray, Window, number
from factors.ops.order import checked, whole
from factors.ops.selection import fraction


def ahead(key: TracedArray, x: TracedArray | None = None, smallest: bool = False) -> TracedArray:
    return call("ahead", _order(key), number(key), x, about=(int(smallest),))


def rank(x: TracedArray) -> TracedArray:
    return call("rank", _order(x))


def quantile(x: TracedArray, q: float) -> TracedArray:
    return call("quantile", _order(x), number(x), about=(checked(q),))


def group_sum(x: TracedArray, key: TracedArray) -> TracedArray:
    return call("group_sum", _order(key), number(key), number(x))


def area(x: TracedArray, key: TracedArray, share: Fraction | str) -> TracedArray:
    part = fraction(share, "m.area(x, key")
    return call("area", _order(key), number(key), number(x), about=(part.numerator, part.denominator))


def half_var(x: TracedArray) -> TracedArray:
    return call("half_var", _order(x), number(x))


def spaced(mask: TracedArray, gap: int) -> TracedArray:
    return call("spaced", mask, about=(whole(gap),))


def _order(key: TracedArray) -> TracedArray:
    return call("order", number(key))


LOWER: dict[str, Callable[..., TracedArray]] = {
    "ahead": ahead, "area": area, "group_sum": group_sum, "half_var": half_var, "quantile": quantile, "rank": rank,
    "spaced": spaced,
}  # fmt: skip
"""Those of them that fuse."""


def share_orders(graph: Graph, outputs: Sequence[int]) -> tuple[Graph, tuple[int, ...]]:
    """Return a graph in which selections by a key read its order, where it has one, or several selections need one.

    The smallest keys, selected as the largest of the negative key, stand in the same order.
    """
    kept = reachable(graph, outputs)
    keys = {i: _key(graph, i) for i in kept if graph.nodes[i].op == "top"}
    asked = list(keys.values())
    ordered = {(graph.nodes[i].args[0], graph.nodes[i].about[-2:]) for i in kept if graph.nodes[i].op == "order"}
    made, new = Graph(graph.minutes), dict[int, int]()
    for i in kept:
        node = graph.nodes[i]
        if i not in keys or (keys[i] not in ordered and asked.count(keys[i]) < 2):
            new[i] = made.add(node.op, tuple(new[a] for a in node.args), node.about, kind=node.kind, mask=node.mask)
            continue
        key, window = new[keys[i][0]], keys[i][1]
        order = made.add("order", (key,), window, kind=node.kind)
        about = (*node.about[:-2], int(keys[i][0] != node.args[0]), *window)
        new[i] = made.add("foremost", (order, key), about, kind=node.kind, mask=True)
    return _spare_orders(made, tuple(new[i] for i in outputs))


def _spare_orders(graph: Graph, outputs: tuple[int, ...]) -> tuple[Graph, tuple[int, ...]]:
    """Return a graph in which quantiles read the order of what their key is made of, where that is enough."""
    kept = reachable(graph, outputs)
    orders = {(graph.nodes[i].args[0], graph.nodes[i].about): i for i in kept if graph.nodes[i].op == "order"}
    others = {a for i in kept if graph.nodes[i].op != "quantile" for a in graph.nodes[i].args}
    made, new = Graph(graph.minutes), dict[int, int]()
    for i in kept:
        node = graph.nodes[i]
        args, op, about = node.args, node.op, node.about
        if op == "quantile" and args[0] not in others:
            op, args, about = _of_another_order(graph, i, orders)
        new[i] = made.add(op, tuple(new[a] for a in args), about, kind=node.kind, mask=node.mask)
    return made, tuple(new[i] for i in outputs)


def _of_another_order(
    graph: Graph, i: int, orders: Mapping[tuple[int, Window], int]
) -> tuple[str, tuple[int, ...], tuple[Any, ...]]:
    """Return operation, operands and constants of a quantile.

    Of the keys that a selection by them leaves, and of distances from a value, it is found in the order of the keys.
    """
    node = graph.nodes[i]
    q, *window = node.about
    key = graph.nodes[node.args[1]]
    inner = [graph.nodes[a] for a in key.args]
    if (
        key.op == "select"
        and inner[0].op == "foremost"
        and inner[0].args[1] == key.args[2]
        and inner[1].about == ("nan",)
    ):
        return "quantile_rest", inner[0].args, (q, *inner[0].about)
    if key.op == "abs" and inner[0].op == "sub":
        x, at = inner[0].args
        if graph.nodes[x].kind == VALUE:
            x, at = at, x
        if graph.nodes[at].kind == VALUE and orders.get((x, tuple(window)), i) < i:
            return "quantile_away", (orders[x, tuple(window)], x, at), node.about
    return node.op, node.args, node.about


def _key(graph: Graph, i: int) -> tuple[int, Window]:
    """Return the key of a selection, without its sign, and the window."""
    node: Node = graph.nodes[i]
    key = node.args[0]
    return graph.nodes[key].args[0] if graph.nodes[key].op == "neg" else key, node.about[-2:]
