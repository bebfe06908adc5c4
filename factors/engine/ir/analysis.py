"""What kinds of nodes a graph has, and what a loop over the minutes has to compute for one of them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

from factors.engine.ir.graph import CONSTANT, SERIES, VALUE, Graph, Node, Window
from factors.engine.ir.ops import (
    GUARDED,
    IN_MEMORY,
    NAN_PROPAGATING,
    OFFSETS,
    OPS,
    REDUCTIONS,
    RUNNING,
    SCALING,
    KernelCall,
    Running,
)


def is_call(node: Node) -> bool:
    """Whether a node is a step of its own between loops."""
    return isinstance(OPS[node.op], KernelCall)


def is_reduction(node: Node) -> bool:
    """Whether a node turns a series into a value."""
    return node.op in REDUCTIONS


def is_guarded(node: Node) -> bool:
    """Whether a node is a reduction that is left out where no stock wants it."""
    return node.op in GUARDED


def is_value_of_step(node: Node) -> bool:
    """Whether a node is a value that some step makes, not one that lies beside the storage."""
    return node.kind == VALUE and node.op != "stage_value"


def under_mask(graph: Graph, i: int) -> int | None:
    """Return the mask outside which a series is missing, if it is one under a mask."""
    node = graph.nodes[i]
    other = graph.nodes[node.args[2]] if node.op == "select" and not node.mask else node
    return node.args[0] if other.is_nan and other is not node else None


def strip_scaling(graph: Graph, i: int, stored: Collection[int] = ()) -> int:
    """Return what exists exactly where a node does, nearer to the fields; a node that is stored is its own."""
    while i not in stored:
        node = graph.nodes[i]
        a, b = node.args if len(node.args) == 2 else (i, i)
        if node.op in ("neg", "abs") or (node.op == "mul" and a == b):
            i = node.args[0]
        elif node.op in SCALING and (_scales(graph, a) or _scales(graph, b)):
            i = b if _scales(graph, a) else a
        else:
            break
    return i


def _scales(graph: Graph, i: int) -> bool:
    """Whether a node is a number that leaves missing values missing, and makes none."""
    node = graph.nodes[i]
    return node.kind == CONSTANT and math.isfinite(float(node.number)) and float(node.number) != 0


def implied(graph: Graph, mask: int) -> set[int]:
    """Return the masks that hold where a mask holds, and the series and values that exist there."""
    holding: set[int] = set()
    todo = [mask]
    while todo:
        i = todo.pop()
        if i in holding:
            continue
        holding.add(i)
        node = graph.nodes[i]
        if node.op == "not" and graph.nodes[node.args[0]].op == "isnan":
            todo.extend(graph.nodes[node.args[0]].args)
        elif node.op in NAN_PROPAGATING:
            todo.extend(node.args)
        elif under_mask(graph, i) is not None:
            todo.extend(node.args[:2])
    return holding


def asks_existence(graph: Graph, mask: int, i: int) -> bool:
    """Whether a mask asks for nothing but the existence of a series."""
    known: set[int] = set()
    while (under := under_mask(graph, i := strip_scaling(graph, i))) is not None:
        known |= _parts(graph, under)
        i = graph.nodes[i].args[1]
    rest = [graph.nodes[part] for part in _parts(graph, mask) - known]
    return all(part.op == "not" and graph.nodes[part.args[0]][:2] == ("isnan", (i,)) for part in rest)


def _parts(graph: Graph, mask: int) -> set[int]:
    node = graph.nodes[mask]
    return set().union(*(_parts(graph, a) for a in node.args)) if node.op == "and" else {mask}


def dependencies(graph: Graph, roots: Iterable[int], stored: Collection[int] = ()) -> set[int]:
    """Return the series nodes a loop has to compute for its roots, stopping at stored series and at values."""
    needed: set[int] = set()
    todo = [(root, True) for root in roots]
    while todo:
        i, is_root = todo.pop()
        node = graph.nodes[i]
        if not is_root and (i in stored or node.kind != SERIES):
            continue
        if i in needed:
            continue
        needed.add(i)
        if node.op in OFFSETS and graph.nodes[node.args[0]].op not in IN_MEMORY:
            continue  # read from memory at another minute
        if is_call(node):
            continue
        todo.extend((a, False) for a in node.args)
    return needed


def reachable(graph: Graph, outputs: Sequence[int]) -> list[int]:
    """Return the nodes behind the outputs, in order."""
    behind: set[int] = set()
    todo = list(outputs)
    while todo:
        i = todo.pop()
        if i not in behind:
            behind.add(i)
            todo.extend(graph.nodes[i].args)
    return sorted(behind)


def is_state(node: Node) -> bool:
    """Whether a node keeps a register from one minute to the next."""
    op = OPS[node.op]
    return (is_reduction(node) and node.op != "origin") or (isinstance(op, Running) and not op.early)


def weight(graph: Graph, roots: Iterable[int], stored: Collection[int] = ()) -> int:
    """Return about how many instructions a minute of a loop takes."""
    return sum(cost(graph, i) for i in dependencies(graph, roots, stored))


def cost(graph: Graph, i: int) -> int:
    """Return about how many instructions a node takes."""
    return OPS[graph.nodes[i].op].cost


def window_of(graph: Graph, i: int) -> Window:
    """Return the minutes on which a series can be computed: those of the running states and the calls in it."""
    begin, end = 0, graph.minutes
    for j in dependencies(graph, [i]):
        node = graph.nodes[j]
        if node.op in RUNNING or is_call(node):
            begin, end = max(begin, node.window[0]), min(end, node.window[1])
    return begin, end
