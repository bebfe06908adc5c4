"""Scheduling a graph: which loop over the minutes computes what.

Reductions turn series into values, so a series that reads a value has to wait for the pass after it: that is a node's
level. Within a pass, series that several loops need and that cost more than a load are stored once per block
(`Loop.stores`); then come loops of a few reductions each, so that their accumulators stay in registers; then the
arithmetic on values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from factors.engine.trace import SERIES, VALUE, Graph, Node, Window

REDUCTIONS = {"sum", "count", "prod", "max", "min", "first", "last", "at"}
STATEFUL = {"cummax", "cummin", "cumsum", "shift"}
OFFSET = {"lag", "lead"}
WEIGHT = {"div": 8, "ratio": 9, "sqrt": 8, "log": 25, "exp": 25, "shift": 3, "cummax": 3, "cummin": 3, "cumsum": 2}
ACCUMULATORS = 18
"""Accumulators and running states of a loop; with its temporaries they fit 32 vector registers."""


@dataclass
class Loop:
    """One loop over the minutes of a block.

    Attributes
    ----------
    level : int
        Its pass.
    window : tuple of int
        Minutes it covers.
    reductions : list of int
        Value nodes it produces.
    stores : list of int
        Series nodes it stores for later loops.
    """

    level: int
    window: Window
    reductions: list[int] = field(default_factory=list)
    stores: list[int] = field(default_factory=list)

    @property
    def roots(self) -> list[int]:
        """All nodes the loop is there for."""
        return [*self.stores, *self.reductions]


@dataclass
class Schedule:
    """Everything an emitter needs.

    Attributes
    ----------
    graph : Graph
        The graph.
    outputs : tuple of int
        Value nodes that leave, in order.
    steps : list of (str, object)
        In order: ("loop", Loop), ("top", node), ("values", list of value nodes).
    stored : dict of int to int
        Slot of each stored series.
    values : dict of int to int
        Slot of each value node.
    """

    graph: Graph
    outputs: tuple[int, ...]
    steps: list[tuple[str, object]]
    stored: dict[int, int]
    values: dict[int, int]

    @property
    def fields(self) -> list[str]:
        """Fields that are read."""
        used = {a for loop in self.loops for a in closure(self.graph, loop.roots, self.stored)}
        return [str(self.graph.nodes[i].about[0]) for i in sorted(used) if self.graph.nodes[i].op == "field"]

    @property
    def loops(self) -> list[Loop]:
        """The loops, in order."""
        return [step for kind, step in self.steps if kind == "loop" and isinstance(step, Loop)]

    @property
    def passes(self) -> int:
        """Number of passes over a block."""
        return 1 + max((loop.level for loop in self.loops), default=0)


def is_reduction(node: Node) -> bool:
    """Whether a node turns a series into a value."""
    return node.op in REDUCTIONS


def closure(graph: Graph, roots: Iterable[int], stored: dict[int, int] | Sequence[int] = ()) -> set[int]:
    """Return the series nodes a loop has to compute for its roots, stopping at stored series and at values."""
    found: set[int] = set()
    todo = [(root, True) for root in roots]
    while todo:
        i, is_root = todo.pop()
        node = graph.nodes[i]
        if not is_root and (i in stored or node.kind != SERIES):
            continue
        if i in found:
            continue
        found.add(i)
        if node.op in OFFSET and graph.nodes[node.args[0]].op != "field":
            continue  # read from memory at another minute
        if node.op == "top":
            continue
        todo.extend((a, False) for a in node.args)
    return found


def reachable(graph: Graph, outputs: Sequence[int]) -> list[int]:
    """Return the nodes behind the outputs, in order."""
    found: set[int] = set()
    todo = list(outputs)
    while todo:
        i = todo.pop()
        if i not in found:
            found.add(i)
            todo.extend(graph.nodes[i].args)
    return sorted(found)


def levels(graph: Graph, nodes: Sequence[int]) -> dict[int, int]:
    """Return for a series the pass that can compute it, for a value the pass that can read it."""
    level: dict[int, int] = {}
    for i in nodes:
        node = graph.nodes[i]
        base = max((level[a] for a in node.args), default=0)
        level[i] = base + 1 if is_reduction(node) or node.op == "top" else base
    return level


def make_schedule(graph: Graph, outputs: Sequence[int]) -> Schedule:
    """Plan the loops for some value nodes."""
    nodes = reachable(graph, outputs)
    level = levels(graph, nodes)
    kinds = graph.nodes
    reductions = [i for i in nodes if is_reduction(kinds[i])]
    loops = [loop for group in _by_window(graph, reductions, level) for loop in group]
    must = {
        a for i in nodes for a in kinds[i].args
        if (kinds[i].op in OFFSET or kinds[i].op == "top") and kinds[a].op != "field"
    }  # fmt: skip
    must |= {i for i in nodes if kinds[i].op == "top"}
    stored = sorted(must | _worth_storing(graph, loops, must))
    slots = {node: slot for slot, node in enumerate(stored)}
    values = {i: slot for slot, i in enumerate(i for i in nodes if kinds[i].kind == VALUE)}
    steps: list[tuple[str, object]] = []
    for p in range(max(level.values(), default=0) + 1):
        steps += [
            ("values", [i for i in nodes if kinds[i].kind == VALUE and not is_reduction(kinds[i]) and level[i] == p])
        ]
        steps += [("top", i) for i in stored if kinds[i].op == "top" and level[i] == p]
        steps += [
            ("loop", loop)
            for loop in _store_loops(graph, [i for i in stored if kinds[i].op != "top" and level[i] == p], p)
        ]
        steps += [("loop", loop) for loop in loops if loop.level == p]
    steps = [(kind, step) for kind, step in steps if step != []]
    return Schedule(graph, tuple(outputs), steps, slots, values)


def _by_window(graph: Graph, reductions: Sequence[int], level: dict[int, int]) -> list[list[Loop]]:
    """Pack reductions of one pass and window into loops of few accumulators."""
    groups: dict[tuple[int, Window], list[int]] = {}
    for i in reductions:
        node = graph.nodes[i]
        window: Window = node.about[-2:]
        groups.setdefault((level[i] - 1, window), []).append(i)
    packed = []
    for (p, window), members in sorted(groups.items()):
        made: list[Loop] = []
        for i in members:
            if made:
                trial = [*made[-1].reductions, i]
                if _states(graph, trial) <= ACCUMULATORS:
                    made[-1].reductions.append(i)
                    continue
            made.append(Loop(p, window, [i]))
        packed.append(made)
    return packed


def _states(graph: Graph, reductions: Sequence[int]) -> int:
    inside = closure(graph, reductions)
    return sum(graph.nodes[i].op in STATEFUL or is_reduction(graph.nodes[i]) for i in inside)


def _worth_storing(graph: Graph, loops: Sequence[Loop], must: set[int]) -> set[int]:
    """Return series that several loops would compute again at more than the cost of a load or two."""
    uses: dict[int, int] = {}
    for loop in loops:
        for i in closure(graph, loop.reductions, list(must)):
            uses[i] = uses.get(i, 0) + 1
    chosen: set[int] = set()
    for i in sorted(uses):
        node = graph.nodes[i]
        if uses[i] < 2 or is_reduction(node) or node.op in ("field", "minute", *OFFSET) or node.mask:
            continue
        weight = sum(WEIGHT.get(graph.nodes[j].op, 1) for j in closure(graph, [i], [*must, *chosen]))
        if weight >= 8:
            chosen.add(i)
    return chosen


def _store_loops(graph: Graph, stores: Sequence[int], level: int) -> list[Loop]:
    """Loops that store series; one that reads another ahead of time comes after it."""
    depth: dict[int, int] = {}
    for i in stores:
        inside = closure(graph, [i], list(stores))
        ahead = [graph.nodes[j].args[0] for j in inside if graph.nodes[j].op == "lead"]
        others = [a for j in inside for a in graph.nodes[j].args if a in depth and a != i]
        depth[i] = max([depth[a] + 1 for a in ahead if a in depth] + [depth[a] for a in others], default=0)
    found: dict[tuple[int, Window], Loop] = {}
    for i in stores:
        window = window_of(graph, i)
        found.setdefault((depth[i], window), Loop(level, window)).stores.append(i)
    return [found[key] for key in sorted(found)]


def window_of(graph: Graph, i: int) -> Window:
    """Return the minutes on which a series can be computed: those of the running states in it."""
    begin, end = 0, graph.minutes
    for j in closure(graph, [i]):
        node = graph.nodes[j]
        if node.op in STATEFUL:
            begin, end = max(begin, node.about[-2]), min(end, node.about[-1])
    return begin, end
