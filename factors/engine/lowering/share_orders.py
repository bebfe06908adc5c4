"""A pass over the graph: selections and quantiles by one key share the order of that key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from factors.engine.ir.analysis import reachable
from factors.engine.ir.graph import VALUE, Attributes, CallArguments, Graph, Window

Key = tuple[int, Window]
"""A series that is put in order, and on which minutes."""


def share_orders(graph: Graph, outputs: Sequence[int]) -> tuple[Graph, tuple[int, ...]]:
    """Return a graph in which selections by a key read its order, where it has one, or several selections need one.

    The smallest keys, selected as the largest of the negative key, stand in the same order.
    """
    kept = reachable(graph, outputs)
    keys = {i: _key(graph, i) for i in kept if graph.nodes[i].op == "top"}
    selections = list(keys.values())
    ordered = {(graph.nodes[i].args[0], graph.nodes[i].window) for i in kept if graph.nodes[i].op == "order"}
    shared, new = Graph(graph.minutes), dict[int, int]()
    for i in kept:
        node = graph.nodes[i]
        if i not in keys or (keys[i] not in ordered and selections.count(keys[i]) < 2):
            new[i] = shared.add(node.op, tuple(new[a] for a in node.args), node.attrs, kind=node.kind, mask=node.mask)
            continue
        key, window = new[keys[i][0]], keys[i][1]
        order = shared.add("order", (key,), CallArguments((), window), kind=node.kind)
        constants = (*node.constants, int(keys[i][0] != node.args[0]))
        new[i] = shared.add("foremost", (order, key), CallArguments(constants, window), kind=node.kind, mask=True)
    return _spare_orders(shared, tuple(new[i] for i in outputs))


def _key(graph: Graph, i: int) -> Key:
    """Return the key of a selection, without its sign."""
    node = graph.nodes[i]
    key = node.args[0]
    return graph.nodes[key].args[0] if graph.nodes[key].op == "neg" else key, node.window


def _spare_orders(graph: Graph, outputs: tuple[int, ...]) -> tuple[Graph, tuple[int, ...]]:
    """Return a graph in which quantiles read the order of what their key is made of, where that is enough."""
    kept = reachable(graph, outputs)
    orders = {(graph.nodes[i].args[0], graph.nodes[i].window): i for i in kept if graph.nodes[i].op == "order"}
    read_elsewhere = {a for i in kept if graph.nodes[i].op != "quantile" for a in graph.nodes[i].args}
    spared, new = Graph(graph.minutes), dict[int, int]()
    for i in kept:
        node = graph.nodes[i]
        op, args, attrs = node.op, node.args, node.attrs
        if op == "quantile" and args[0] not in read_elsewhere:
            op, args, attrs = _of_another_order(graph, i, orders)
        new[i] = spared.add(op, tuple(new[a] for a in args), attrs, kind=node.kind, mask=node.mask)
    return spared, tuple(new[i] for i in outputs)


def _of_another_order(
    graph: Graph, i: int, orders: Mapping[Key, int]
) -> tuple[str, tuple[int, ...], Attributes]:  # fmt: skip
    """Return operation, operands and attributes of a quantile.

    Of the keys that a selection by them leaves, and of distances from a value, it is found in the order of the keys.
    """
    node = graph.nodes[i]
    key = graph.nodes[node.args[1]]
    inner = [graph.nodes[a] for a in key.args]
    if key.op == "select" and inner[0].op == "foremost" and inner[0].args[1] == key.args[2] and inner[1].is_nan:
        selection = inner[0]
        constants = (*node.constants, *selection.constants)
        return "quantile_rest", selection.args, CallArguments(constants, selection.window)
    if key.op == "abs" and inner[0].op == "sub":
        x, center = inner[0].args
        if graph.nodes[x].kind == VALUE:
            x, center = center, x
        if graph.nodes[center].kind == VALUE and orders.get((x, node.window), i) < i:
            return "quantile_away", (orders[x, node.window], x, center), node.attrs
    return node.op, node.args, node.attrs
