"""Packing reductions into loops: few accumulators each, and together what computes the same things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from factors.engine.ir.analysis import cost, dependencies, is_guarded, is_state, under_mask
from factors.engine.ir.graph import Graph, Window
from factors.engine.schedule.policy import Policy
from factors.engine.schedule.steps import LoopStep


def pack_reductions(
    graph: Graph, reductions: Sequence[int], level: Mapping[int, int], policy: Policy
) -> list[LoopStep]:  # fmt: skip
    """Pack reductions into loops, each of one pass and window and of few accumulators."""
    groups: dict[tuple[int, Window, int], list[int]] = {}
    for i in reductions:
        node = graph.nodes[i]
        wanted = node.args[-1] if is_guarded(node) else -1  # those that the same stocks want
        groups.setdefault((level[i] - 1, node.window, wanted), []).append(i)
    return [
        LoopStep(number, window, members)
        for (number, window, _), group in sorted(groups.items())
        for members in _pack(graph, group, policy.accumulators)
    ]


def _pack(graph: Graph, reductions: Sequence[int], limit: int) -> list[list[int]]:
    """Return the reductions of each loop; to a loop is added what needs least that it does not compute already."""
    inside = {i: dependencies(graph, [i]) for i in reductions}
    parts = [xs[k : k + limit] for xs in _families(graph, reductions, inside) for k in range(0, len(xs), limit)]
    needs = [set().union(*(inside[i] for i in part)) for part in parts]
    readers: dict[int, list[int]] = {}
    for k, need in enumerate(needs):
        for j in need:
            readers.setdefault(j, []).append(k)
    price = {j: cost(graph, j) for j in readers}
    state = {j: is_state(graph.nodes[j]) for j in readers}
    prices = [sum(price[j] for j in need) for need in needs]
    states = [sum(state[j] for j in need) for need in needs]

    loops = []
    rest = dict.fromkeys(range(len(parts)))
    while rest:
        added_price, added_states, held = prices.copy(), states.copy(), 0  # of what each part would add to the loop
        computed: set[int] = set()
        loop: list[int] = []
        best: int | None = next(iter(rest))
        while best is not None:
            del rest[best]
            loop += parts[best]
            held += added_states[best]
            for j in needs[best] - computed:
                for k in readers[j]:
                    added_price[k] -= price[j]
                    added_states[k] -= state[j]
            computed |= needs[best]
            fitting = [k for k in rest if held + added_states[k] <= limit]
            best = min(fitting, key=lambda k: added_price[k] / len(parts[k]), default=None)
        loops.append(sorted(loop))
    return loops


def _families(graph: Graph, reductions: Sequence[int], inside: Mapping[int, set[int]]) -> list[list[int]]:
    """Return the reductions that are about the same series together."""
    families: dict[int, list[int]] = {}
    subjects: dict[int, set[int]] = {}
    owner: dict[int, int] = {}
    for number, i in enumerate(reductions):
        own = _subjects(graph, i, inside[i])
        joined = sorted({owner[a] for a in own if a in owner})
        families[number] = [*(x for k in joined for x in families.pop(k)), i]
        subjects[number] = own.union(*(subjects.pop(k) for k in joined))
        owner.update(dict.fromkeys(subjects[number], number))
    return list(families.values())


def _subjects(graph: Graph, i: int, inside: set[int]) -> set[int]:
    """Return the shifted series behind a reduction, and their masks: one correlation's sums have them in common."""
    shifted = {j for j in inside if graph.nodes[j].op == "shift"}
    masks = {mask for j in shifted if (mask := under_mask(graph, graph.nodes[j].args[0])) is not None}
    counted = {graph.nodes[i].args[0]} if graph.nodes[i].op == "count" else set()
    return {*shifted, *masks, *counted}
