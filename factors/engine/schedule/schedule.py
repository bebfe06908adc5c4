"""Scheduling a graph: which loop over the minutes computes what.

1. Reductions turn series into values, so a series that reads a value has to wait for the pass after it: that is a
   node's level. Calls read whole series at the end of a pass (`levels`).
2. A loop makes a few reductions of one level, so that their accumulators stay in registers, and those that compute the
   same things together (`packing`).
3. Series that several loops need and that cost more than a load are stored once per block, by loops of their own
   (`LoopStep.materialized`).
4. The steps are put in order (`order`), and what they keep gets a slot in memory (`slots`).
"""

from __future__ import annotations

from collections.abc import Sequence

from factors.engine.ir.analysis import (
    cost,
    dependencies,
    is_call,
    is_guarded,
    is_reduction,
    reachable,
    weight,
    window_of,
)
from factors.engine.ir.graph import SERIES, VALUE, Graph, Window
from factors.engine.ir.ops import IN_MEMORY, OFFSETS
from factors.engine.schedule.order import ScheduleItem, order_steps
from factors.engine.schedule.packing import pack_reductions
from factors.engine.schedule.policy import CPU, Policy
from factors.engine.schedule.slots import allocate_slots
from factors.engine.schedule.steps import CallStep, LoopStep, Schedule, Step


def levels(graph: Graph, nodes: Sequence[int]) -> dict[int, int]:
    """Return for a series the pass that can compute it, for a value the pass that can read it.

    Calls stand at the end of a pass, so they read what its loops reduced and what calls before them gave.
    """
    level: dict[int, int] = {}
    ends_pass = {i for i in nodes if is_reduction(graph.nodes[i]) or is_call(graph.nodes[i])}
    for i in nodes:
        node = graph.nodes[i]
        if is_guarded(node):  # a loop at the end of the pass that tells whether it is wanted
            level[i] = max(level[node.args[0]] + 1, level[node.args[1]])
            continue
        waits = max((level[a] - (a in ends_pass and is_call(node)) for a in node.args), default=0)
        level[i] = waits + (i in ends_pass)
    return level


def make_schedule(graph: Graph, outputs: Sequence[int], policy: Policy = CPU) -> Schedule:
    """Plan the steps for some value nodes."""
    kept = reachable(graph, outputs)
    level = levels(graph, kept)
    nodes = graph.nodes
    reductions = [i for i in kept if is_reduction(nodes[i])]
    calls = [i for i in kept if is_call(nodes[i])]
    loops = pack_reductions(graph, reductions, level, policy)
    must = {
        a for i in kept for a in nodes[i].args
        if (nodes[i].op in OFFSETS or is_call(nodes[i])) and nodes[a].kind == SERIES and nodes[a].op not in IN_MEMORY
    }  # fmt: skip
    must |= {i for i in calls if nodes[i].kind == SERIES}
    stored = must | _worth_storing(graph, loops, must, policy)
    waited_for: list[LoopStep | CallStep] = [*loops, *map(CallStep, calls)]
    items = [ScheduleItem(step, *step.reads(graph, stored)) for step in waited_for]
    elsewhere = {*reductions, *calls}
    arithmetic = [i for i in kept if nodes[i].kind == VALUE and i not in elsewhere and nodes[i].op != "stage_value"]

    def store(series: Sequence[int]) -> list[LoopStep]:
        return _store_loops(graph, series, max(level[i] for i in series), policy)

    steps = order_steps(graph, items, sorted(stored - set(calls)), arithmetic, store)
    return Schedule(graph, tuple(outputs), steps, *_slots(graph, outputs, steps, stored))


def _slots(
    graph: Graph, outputs: Sequence[int], steps: Sequence[Step], stored: set[int]
) -> tuple[dict[int, int], dict[int, int]]:
    """Return the slots of the stored series and of the values; a value needs none that only its own step reads."""
    series, values = [], []
    for step in steps:
        read, written = step.reads(graph, stored), step.results
        series.append((read[0], {i for i in written if i in stored}))
        values.append((read[1], {i for i in written if i not in stored}))
    leaving = {i for i in outputs if is_reduction(graph.nodes[i]) or is_call(graph.nodes[i])}
    needed = leaving.union(*(read for read, _ in values))
    return allocate_slots(series), allocate_slots([(read, written & needed) for read, written in values], leaving)


def _worth_storing(graph: Graph, loops: Sequence[LoopStep], must: set[int], policy: Policy) -> set[int]:
    """Return series that several loops would compute again at more than the cost of a load or two."""
    uses: dict[int, int] = {}
    for loop in (one for one in loops if not one.guarded(graph)):
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


def _store_loops(graph: Graph, series: Sequence[int], level: int, policy: Policy) -> list[LoopStep]:
    """Loops that store series; one that reads another ahead of time, or in a window of its own, comes after it."""
    depth: dict[int, int] = {}
    windows = {i: window_of(graph, i) for i in series}
    for i in series:
        inside = dependencies(graph, [i], windows)
        read_ahead = {graph.nodes[j].args[0] for j in inside if graph.nodes[j].op == "lead"}
        earlier = {a for j in inside for a in graph.nodes[j].args if a in depth and a != i}
        depth[i] = max(
            (
                depth[a] + (a in read_ahead or windows[a] != windows[i] or cost(graph, a) >= policy.latency_cost)
                for a in earlier
            ),
            default=0,
        )
    loops: dict[tuple[int, Window], LoopStep] = {}
    for i in series:
        loops.setdefault((depth[i], windows[i]), LoopStep(level, windows[i])).materialized.append(i)
    return [loops[key] for key in sorted(loops)]
