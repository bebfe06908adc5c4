"""Scheduling a graph: which loop over the minutes computes what.

Reductions turn series into values, so a series that reads a value has to wait for the pass after it: that is a node's
level. Within a pass, series that several loops need and that cost more than a load are stored once per block
(`Loop.stores`); then come loops of a few reductions each, so that their accumulators stay in registers, those that
compute the same things together; then the arithmetic on values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from factors.engine.trace import CONSTANT, SERIES, VALUE, Graph, Node, Window

REDUCTIONS = {"sum", "count", "prod", "max", "min", "first", "last", "at"}
STATEFUL = {"cummax", "cummin", "cumsum", "shift"}
OFFSET = {"lag", "lead"}
HEAVY = 8
"""Instructions from which storing a series for later loops is worth its store and loads."""
EARLY = {"shift", "first"}
"""Nodes that wait for the first value of a series."""
WEIGHT = {"div": 8, "ratio": 9, "sqrt": 8, "log": 25, "exp": 25, "shift": 1, "cummax": 3, "cummin": 3, "cumsum": 2,
          "not": 0, "and": 0, "field": 0, "lag": 0, "lead": 0}  # fmt: skip
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


def under_mask(graph: Graph, i: int) -> int | None:
    """Return the mask outside which a series is missing, if it is one under a mask."""
    node = graph.nodes[i]
    other = graph.nodes[node.args[2]] if node.op == "select" and not node.mask else node
    return node.args[0] if other.kind == CONSTANT and other.about == ("nan",) and other is not node else None


def implies_existence(graph: Graph, mask: int, i: int) -> bool:
    """Whether a mask holds only where a series exists."""
    node = graph.nodes[mask]
    if node.op == "and":
        return any(implies_existence(graph, a, i) for a in node.args)
    return node.op == "not" and graph.nodes[node.args[0]].op == "isnan" and graph.nodes[node.args[0]].args == (i,)


def closure(graph: Graph, roots: Iterable[int], stored: Collection[int] = ()) -> set[int]:
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


def weight(graph: Graph, roots: Iterable[int], stored: Collection[int] = ()) -> int:
    """Return about how many instructions a minute of a loop takes."""
    return sum(_cost(graph, i) for i in closure(graph, roots, stored))


def _cost(graph: Graph, i: int) -> int:
    return WEIGHT.get(graph.nodes[i].op, 1)


def _by_window(graph: Graph, reductions: Sequence[int], level: dict[int, int]) -> list[list[Loop]]:
    """Pack reductions of one pass and window into loops of few accumulators."""
    groups: dict[tuple[int, Window], list[int]] = {}
    for i in reductions:
        window: Window = graph.nodes[i].about[-2:]
        groups.setdefault((level[i] - 1, window), []).append(i)
    return [[Loop(p, window, made) for made in _packed(graph, found)] for (p, window), found in sorted(groups.items())]


def _packed(graph: Graph, reductions: Sequence[int]) -> list[list[int]]:
    """Return the reductions of each loop; to a loop is added what needs least that it does not compute already."""
    inside = {i: closure(graph, [i]) for i in reductions}
    families: list[tuple[set[int], list[int]]] = []
    for i in reductions:
        about = _about(graph, i, inside[i])
        joined = [family for family in families if family[0] & about]
        families = [family for family in families if not family[0] & about]
        families.append((about.union(*(a for a, _ in joined)), [*(x for _, xs in joined for x in xs), i]))
    rest = [xs[k : k + ACCUMULATORS] for _, xs in families for k in range(0, len(xs), ACCUMULATORS)]
    needs = [set().union(*(inside[i] for i in part)) for part in rest]
    states = [{j for j in need if _is_state(graph.nodes[j])} for need in needs]

    price = [_cost(graph, i) for i in range(len(graph.nodes))].__getitem__
    loops = []
    while rest:
        loop, known, held = rest.pop(0), needs.pop(0), states.pop(0)
        while fitting := [k for k, more in enumerate(states) if len(held | more) <= ACCUMULATORS]:
            cost = {k: sum(map(price, needs[k] - known)) / len(rest[k]) for k in fitting}
            best = min(fitting, key=lambda k: cost[k])
            loop, known, held = [*loop, *rest.pop(best)], known | needs.pop(best), held | states.pop(best)
        loops.append(sorted(loop))
    return loops


def _about(graph: Graph, i: int, inside: set[int]) -> set[int]:
    """Return the shifted series behind a reduction, and their masks: one correlation's sums have them in common."""
    shifted = {j for j in inside if graph.nodes[j].op == "shift"}
    masks = {under_mask(graph, graph.nodes[j].args[0]) for j in shifted} - {None}
    counted = {graph.nodes[i].args[0]} if graph.nodes[i].op == "count" else set()
    return {*shifted, *masks, *counted}  # type: ignore[arg-type]


def _is_state(node: Node) -> bool:
    return is_reduction(node) or (node.op in STATEFUL and node.op not in EARLY)


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
        if weight(graph, [i], [*must, *chosen]) >= HEAVY:
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
