"""The order of the steps of a block, and where in memory what they keep lies.

Scratch memory is fast while it fits the cache of a core. So a series is stored before its first reader, few at a time,
what reads the same series follows each other, and memory is used again after its last reader. Arithmetic on values is
done as soon as what it reads is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from factors.engine.ir.analysis import dependencies, is_made
from factors.engine.ir.graph import SERIES, Graph

Step = tuple[str, object]

ROOM = 40
"""Stored series up to which scratch memory is filled ahead of need, since a loop that stores many reads less."""


@dataclass
class ScheduleItem:
    """A step that others wait for: a loop of reductions, or a call.

    Attributes
    ----------
    step : tuple of str and object
        The step.
    roots : list of int
        Nodes it makes.
    series, values : set of int
        Stored series and values it reads.
    """

    step: Step
    roots: list[int]
    series: set[int]
    values: set[int]


def reads(graph: Graph, roots: Iterable[int], stored: Iterable[int]) -> tuple[set[int], set[int]]:
    """Return the stored series and the values that a loop or call for some nodes reads."""
    kept = stored if isinstance(stored, set) else set(stored)
    made = set(roots)
    found = {a for i in dependencies(graph, made, kept) for a in graph.nodes[i].args} - made
    return {a for a in found if a in kept}, {a for a in found if is_made(graph.nodes[a])}


def order_steps(
    graph: Graph, targets: Sequence[ScheduleItem], kept: Sequence[int], arithmetic: Sequence[int],
    store: Callable[[Sequence[int]], Iterable[Step]],
) -> list[Step]:  # fmt: skip
    """Return all steps in their order.

    Parameters
    ----------
    graph : Graph
        The graph.
    targets : sequence of Target
        Loops of reductions and calls, in an order that would do.
    kept : sequence of int
        Series to be stored by loops for that.
    arithmetic : sequence of int
        Values made of values.
    store : callable
        Makes the loops that store some series.
    """
    return list(_Order(graph, targets, kept, arithmetic).steps(store))


class _Order:
    """Targets and kept series have a bit each; sets of them are integers."""

    def __init__(
        self, graph: Graph, targets: Sequence[ScheduleItem], kept: Sequence[int], arithmetic: Sequence[int]
    ) -> None:
        self.graph, self.targets, self.kept = graph, targets, kept
        self.bit = {i: 1 << (len(targets) + k) for k, i in enumerate(kept)}
        self.made_by = {i: 1 << k for k, target in enumerate(targets) for i in target.roots}
        stored = {*kept, *(i for target in targets for i in target.roots if graph.nodes[i].kind == SERIES)}
        self.reads = {i: reads(graph, [i], stored) for i in kept}
        waits: dict[int, int] = dict(self.made_by)  # by node: the targets behind it, and the kept series in between
        for i in sorted({*kept, *arithmetic}):
            behind = set().union(*self.reads[i]) if i in self.reads else set(graph.nodes[i].args)
            waits[i] = self.bit.get(i, 0) | _union(waits.get(a, 0) for a in behind)
        self.waits = waits
        self.needs = [_union(waits.get(a, 0) for a in t.series | t.values) for t in targets]
        self.wanted = [[i for i in kept if self.bit[i] & need] for need in self.needs]
        self.readers = dict.fromkeys(stored, 0)
        for k, target in enumerate(targets):
            for a in target.series:
                self.readers[a] |= 1 << k
        for i in kept:
            for a in self.reads[i][0]:
                self.readers[a] |= self.bit[i]
        self.stores = _union(self.bit.values())
        self.done = 0
        self.alive: set[int] = set()
        self.missing: dict[int, int] = {}
        self.dependents: dict[int, list[int]] = {}
        for i in arithmetic:
            behind = {a for a in graph.nodes[i].args if is_made(graph.nodes[a])}
            self.missing[i] = len(behind)
            for a in behind:
                self.dependents.setdefault(a, []).append(i)
        self.able = [i for i in arithmetic if not self.missing[i]]

    def steps(self, store: Callable[[Sequence[int]], Iterable[Step]]) -> Iterator[Step]:
        """Yield the steps: of the targets that can come next, the one that needs least room."""
        rest = dict.fromkeys(range(len(self.targets)))
        while rest:
            ready = [k for k in rest if not self.needs[k] & ~self.done & ~self.stores]
            best = min(ready, key=self._growth)
            del rest[best]
            target = self.targets[best]
            yield from self._values()
            fresh = self._fresh(best)
            if fresh:
                yield from store(fresh)
            self._finish(_union(self.bit[i] for i in fresh), fresh)
            yield target.step
            self._finish(1 << best, target.roots)
        yield from self._values()

    def _finish(self, bits: int, made: Sequence[int]) -> None:
        self.done |= bits
        self.alive.update(i for i in made if i in self.readers)
        self.alive = {i for i in self.alive if self.readers[i] & ~self.done}
        self._tell(made)

    def _tell(self, made: Iterable[int]) -> None:
        for i in made:
            for j in self.dependents.get(i, ()):
                self.missing[j] -= 1
                if not self.missing[j]:
                    self.able.append(j)

    def _values(self) -> Iterator[Step]:
        """Yield the arithmetic that can be done."""
        found = []
        while self.able:
            found.append(self.able.pop())
            self._tell(found[-1:])
        if found:
            yield "values", sorted(found)

    def _fresh(self, target: int) -> list[int]:
        """Return the series to be stored before a target; if there are any, with others that can be, up to `ROOM`."""
        found = [i for i in self.wanted[target] if self.bit[i] & ~self.done]
        if not found:
            return found
        able = self.done | _union(self.bit[i] for i in found)
        room = ROOM - len(self.alive) - len(found)
        for i in self.kept if room > 0 else ():
            if self.bit[i] & ~able and not self.waits[i] & ~able & ~self.bit[i]:
                found.append(i)
                able |= self.bit[i]
                room -= 1
                if not room:
                    break
        return sorted(found)

    def _growth(self, k: int) -> tuple[float, int]:
        """Return how many more series are kept after a target, less the share each it reads is nearer to its end."""
        fresh = [i for i in self.wanted[k] if self.bit[i] & ~self.done]
        target = self.targets[k]
        after = self.done | 1 << k | _union(self.bit[i] for i in fresh)
        seen = target.series.union(fresh, *(self.reads[i][0] for i in fresh))
        given = sum(self.graph.nodes[i].kind == SERIES for i in target.roots)
        return len(fresh) + given - sum(1 / (1 + (self.readers[i] & ~after).bit_count()) for i in seen), k


def _union(sets: Iterable[int]) -> int:
    found = 0
    for bits in sets:
        found |= bits
    return found


def slots(steps: Sequence[tuple[set[int], set[int]]], last: Iterable[int] = ()) -> dict[int, int]:
    """Return a place for all that steps write, used again after the step that reads it last.

    Parameters
    ----------
    steps : sequence of (set of int, set of int)
        What each step reads of earlier ones, and what it writes.
    last : iterable of int
        What is still read after the last step.
    """
    until: dict[int, int] = {}
    for n, (read, written) in enumerate(steps):
        until.update(dict.fromkeys(read | written, n))
    until.update(dict.fromkeys(last, len(steps)))
    places: dict[int, int] = {}
    ends: dict[int, list[int]] = {}
    free: list[int] = []
    size = 0
    for n, (_, written) in enumerate(steps):
        for i in sorted(written):
            if free:
                places[i] = heappop(free)
            else:
                places[i], size = size, size + 1
            ends.setdefault(until[i], []).append(places[i])
        for place in ends.pop(n, ()):
            heappush(free, place)
    return places
