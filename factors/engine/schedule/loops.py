"""Scheduling a graph: which loop over the minutes computes what.

Reductions turn series into values, so a series that reads a value has to wait for the pass after it: that is a node's
level. A loop makes a few reductions of one level, so that their accumulators stay in registers, and those that compute
the same things together. Series that several loops need and that cost more than a load are stored once per block
(`Loop.stores`). Calls read whole series. The order of it all is found by `arrange`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from factors.engine.ir.analysis import (
    cost,
    dependencies,
    is_call,
    is_made,
    is_reduction,
    is_state,
    reachable,
    under_mask,
    weight,
    window_of,
)
from factors.engine.ir.graph import SERIES, VALUE, Graph, Window
from factors.engine.ir.ops import IN_MEMORY, OFFSETS
from factors.engine.schedule.order import ScheduleItem, Step, order_steps, reads, slots


@dataclass(frozen=True)
class Policy:
    """What a device prefers: to store or to compute again, few loops or few registers.

    Attributes
    ----------
    reuse_cost : int
        Instructions from which storing a series for later loops is worth its store and loads.
    latency_cost : int
        Instructions of one node from which it is stored for a single loop, too: each waits for the one before, and a
        loop that does little else has many minutes under way meanwhile.
    accumulators : int
        Accumulators and running states of a loop.
    """

    reuse_cost: int
    latency_cost: int
    accumulators: int


CPU = Policy(reuse_cost=8, latency_cost=25, accumulators=18)
"""A block's scratch stays in the cache; with its temporaries a loop's accumulators fit 32 vector registers."""


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
        In order: ("loop", Loop), ("call", node), ("values", list of value nodes).
    stored : dict of int to int
        Slot of each stored series; a slot is used again after the last step that reads it.
    values : dict of int to int
        Slot of each value node that another step reads.
    """

    graph: Graph
    outputs: tuple[int, ...]
    steps: list[Step]
    stored: dict[int, int]
    values: dict[int, int]

    @cached_property
    def fields(self) -> list[str]:
        """Fields that are read; every run asks, and to find them takes as long as a small day's kernels."""
        used = {a for loop in self.loops for a in dependencies(self.graph, loop.roots, self.stored)}
        used |= {a for kind, i in self.steps if kind == "call" and isinstance(i, int) for a in self.graph.nodes[i].args}
        return [self.graph.nodes[i].field for i in sorted(used) if self.graph.nodes[i].op == "field"]

    @property
    def loops(self) -> list[Loop]:
        """The loops, in order."""
        return [step for kind, step in self.steps if kind == "loop" and isinstance(step, Loop)]

    @property
    def passes(self) -> int:
        """Number of passes over a block."""
        return 1 + max((loop.level for loop in self.loops), default=0)


def levels(graph: Graph, nodes: Sequence[int]) -> dict[int, int]:
    """Return for a series the pass that can compute it, for a value the pass that can read it.

    Calls stand at the end of a pass, so they read what its loops reduced and what calls before them gave.
    """
    level: dict[int, int] = {}
    made = {i for i in nodes if is_reduction(graph.nodes[i]) or is_call(graph.nodes[i])}
    for i in nodes:
        node = graph.nodes[i]
        level[i] = max((level[a] - (a in made and is_call(node)) for a in node.args), default=0) + (i in made)
    return level


def make_schedule(graph: Graph, outputs: Sequence[int], policy: Policy = CPU) -> Schedule:
    """Plan the loops for some value nodes."""
    nodes = reachable(graph, outputs)
    level = levels(graph, nodes)
    kinds = graph.nodes
    reductions = [i for i in nodes if is_reduction(kinds[i])]
    loops = [loop for group in _by_window(graph, reductions, level, policy) for loop in group]
    calls = [i for i in nodes if is_call(kinds[i])]
    must = {
        a for i in nodes for a in kinds[i].args
        if (kinds[i].op in OFFSETS or is_call(kinds[i])) and kinds[a].kind == SERIES and kinds[a].op not in IN_MEMORY
    }  # fmt: skip
    must |= {i for i in calls if kinds[i].kind == SERIES}
    stored = must | _worth_storing(graph, loops, must, policy)
    targets = [ScheduleItem(("loop", x), x.reductions, *reads(graph, x.reductions, stored)) for x in loops]
    targets += [ScheduleItem(("call", i), [i], *reads(graph, [i], stored)) for i in calls]
    given = [i for i in nodes if kinds[i].op == "stage_value"]
    made = {*reductions, *calls, *given}
    arithmetic = [i for i in nodes if kinds[i].kind == VALUE and i not in made]

    def store(fresh: Sequence[int]) -> list[Step]:
        return [("loop", loop) for loop in _store_loops(graph, fresh, max(level[i] for i in fresh), policy)]

    steps = order_steps(graph, targets, sorted(stored - set(calls)), arithmetic, store)
    return Schedule(graph, tuple(outputs), steps, *_places(graph, outputs, steps, stored))


def _places(
    graph: Graph, outputs: Sequence[int], steps: Sequence[Step], stored: set[int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Return the slots of the stored series and of the values; a value needs none that only its own step reads."""
    series, values = [], []
    for _, step in steps:
        if isinstance(step, Loop):
            read, written = reads(graph, step.roots, stored), step.roots
        elif isinstance(step, int):
            read, written = reads(graph, [step], stored), [step]
        else:
            written = list(step)  # type: ignore[call-overload]
            of = {a for i in written for a in graph.nodes[i].args if is_made(graph.nodes[a])}
            read = set(), of.difference(written)
        series.append((read[0], {i for i in written if i in stored}))
        values.append((read[1], {i for i in written if i not in stored}))
    left = {i for i in outputs if is_reduction(graph.nodes[i]) or is_call(graph.nodes[i])}
    needed = left.union(*(read for read, _ in values))
    return slots(series), slots([(read, written & needed) for read, written in values], left)


def _by_window(graph: Graph, reductions: Sequence[int], level: dict[int, int], policy: Policy) -> list[list[Loop]]:
    """Pack reductions of one pass and window into loops of few accumulators."""
    groups: dict[tuple[int, Window], list[int]] = {}
    for i in reductions:
        groups.setdefault((level[i] - 1, graph.nodes[i].window), []).append(i)
    return [
        [Loop(p, window, made) for made in _packed(graph, found, policy.accumulators)]
        for (p, window), found in sorted(groups.items())
    ]


def _packed(graph: Graph, reductions: Sequence[int], most: int) -> list[list[int]]:
    """Return the reductions of each loop; to a loop is added what needs least that it does not compute already."""
    inside = {i: dependencies(graph, [i]) for i in reductions}
    parts = [xs[k : k + most] for xs in _families(graph, reductions, inside) for k in range(0, len(xs), most)]
    needs = [set().union(*(inside[i] for i in part)) for part in parts]
    readers: dict[int, list[int]] = {}
    for k, need in enumerate(needs):
        for j in need:
            readers.setdefault(j, []).append(k)
    price = {j: cost(graph, j) for j in readers}
    state = {j: is_state(graph.nodes[j]) for j in readers}
    alone = [sum(price[j] for j in need) for need in needs]
    states = [sum(state[j] for j in need) for need in needs]

    loops = []
    rest = dict.fromkeys(range(len(parts)))
    while rest:
        extra, more, held = alone.copy(), states.copy(), 0  # of what each part would add to the loop
        known: set[int] = set()
        loop: list[int] = []
        best: int | None = next(iter(rest))
        while best is not None:
            del rest[best]
            loop += parts[best]
            held += more[best]
            for j in needs[best] - known:
                for k in readers[j]:
                    extra[k] -= price[j]
                    more[k] -= state[j]
            known |= needs[best]
            fitting = [k for k in rest if held + more[k] <= most]
            best = min(fitting, key=lambda k: extra[k] / len(parts[k]), default=None)
        loops.append(sorted(loop))
    return loops


def _families(graph: Graph, reductions: Sequence[int], inside: Mapping[int, set[int]]) -> list[list[int]]:
    """Return the reductions that are about the same series together."""
    families: dict[int, list[int]] = {}
    subjects: dict[int, set[int]] = {}
    owner: dict[int, int] = {}
    for number, i in enumerate(reductions):
        about = _about(graph, i, inside[i])
        joined = sorted({owner[a] for a in about if a in owner})
        families[number] = [*(x for k in joined for x in families.pop(k)), i]
        subjects[number] = about.union(*(subjects.pop(k) for k in joined))
        owner.update(dict.fromkeys(subjects[number], number))
    return list(families.values())


def _about(graph: Graph, i: int, inside: set[int]) -> set[int]:
    """Return the shifted series behind a reduction, and their masks: one correlation's sums have them in common."""
    shifted = {j for j in inside if graph.nodes[j].op == "shift"}
    masks = {under_mask(graph, graph.nodes[j].args[0]) for j in shifted} - {None}
    counted = {graph.nodes[i].args[0]} if graph.nodes[i].op == "count" else set()
    return {*shifted, *masks, *counted}  # type: ignore[arg-type]


def _worth_storing(graph: Graph, loops: Sequence[Loop], must: set[int], policy: Policy) -> set[int]:
    """Return series that several loops would compute again at more than the cost of a load or two."""
    uses: dict[int, int] = {}
    for loop in loops:
        for i in dependencies(graph, loop.reductions, must):
            uses[i] = uses.get(i, 0) + 1
    chosen: set[int] = set()
    for i in sorted(uses):
        node = graph.nodes[i]
        if is_reduction(node) or node.op in (*IN_MEMORY, "minute", "stage_broadcast", *OFFSETS) or node.mask:
            continue
        if cost(graph, i) >= policy.latency_cost or (
            uses[i] > 1 and weight(graph, [i], must | chosen) >= policy.reuse_cost
        ):
            chosen.add(i)
    return chosen


def _store_loops(graph: Graph, stores: Sequence[int], level: int, policy: Policy) -> list[Loop]:
    """Loops that store series; one that reads another ahead of time, or in a window of its own, comes after it."""
    depth: dict[int, int] = {}
    windows = {i: window_of(graph, i) for i in stores}
    for i in stores:
        inside = dependencies(graph, [i], windows)
        ahead = {graph.nodes[j].args[0] for j in inside if graph.nodes[j].op == "lead"}
        others = {a for j in inside for a in graph.nodes[j].args if a in depth and a != i}
        depth[i] = max(
            (
                depth[a] + (a in ahead or windows[a] != windows[i] or cost(graph, a) >= policy.latency_cost)
                for a in others
            ),
            default=0,
        )
    found: dict[tuple[int, Window], Loop] = {}
    for i in stores:
        found.setdefault((depth[i], windows[i]), Loop(level, windows[i])).stores.append(i)
    return [found[key] for key in sorted(found)]
