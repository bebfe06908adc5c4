"""The order of the steps of a block.

Scratch memory is fast while it fits the cache of a core. So a series is stored before its first reader, few at a time,
and what reads the same series follows each other. Arithmetic on values is done as soon as what it reads is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from factors.engine.ir.analysis import is_value_of_step
from factors.engine.ir.graph import SERIES, Graph
from factors.engine.schedule.steps import CallStep, LoopStep, Step, ValueStep, reads

ROOM = 40
"""Stored series up to which scratch memory is filled ahead of need, since a loop that stores many reads less."""


@dataclass
class ScheduleItem:
    """A step that others wait for: a loop of reductions, or a call.

    Attributes
    ----------
    step : LoopStep or CallStep
        The step.
    series, values : set of int
        Stored series and values it reads.
    """

    step: LoopStep | CallStep
    series: set[int]
    values: set[int]


def order_steps(
    graph: Graph,
    items: Sequence[ScheduleItem],
    materialized: Sequence[int],
    arithmetic: Sequence[int],
    store: Callable[[Sequence[int]], Iterable[LoopStep]],
) -> list[Step]:
    """Return all steps in their order.

    Parameters
    ----------
    graph : Graph
        The graph.
    items : sequence of ScheduleItem
        Loops of reductions and calls, in an order that would do.
    materialized : sequence of int
        Series to be stored by loops for that.
    arithmetic : sequence of int
        Values made of values.
    store : callable
        Makes the loops that store some series.
    """
    return list(_Order(graph, items, materialized, arithmetic).steps(store))


class _Order:
    """Items and materialized series have a bit each; sets of them are integers."""

    def __init__(
        self, graph: Graph, items: Sequence[ScheduleItem], materialized: Sequence[int], arithmetic: Sequence[int]
    ) -> None:
        self.graph, self.items, self.materialized = graph, items, materialized
        self.bit = {i: 1 << (len(items) + k) for k, i in enumerate(materialized)}
        results = {i: 1 << k for k, item in enumerate(items) for i in item.step.results}
        stored = {*materialized, *(i for i in results if graph.nodes[i].kind == SERIES)}
        self.reads = {i: reads(graph, [i], stored) for i in materialized}
        waits = results  # by node: the items behind it, and the materialized series in between
        for i in sorted({*materialized, *arithmetic}):
            operands = set().union(*self.reads[i]) if i in self.reads else set(graph.nodes[i].args)
            waits[i] = self.bit.get(i, 0) | _union(waits.get(a, 0) for a in operands)
        self.waits = waits
        self.needs = [_union(waits.get(a, 0) for a in item.series | item.values) for item in items]
        self.wanted = [[i for i in materialized if self.bit[i] & need] for need in self.needs]
        self.readers = dict.fromkeys(stored, 0)
        for k, item in enumerate(items):
            for a in item.series:
                self.readers[a] |= 1 << k
        for i in materialized:
            for a in self.reads[i][0]:
                self.readers[a] |= self.bit[i]
        self.storable = _union(self.bit.values())
        self.done = 0
        self.alive: set[int] = set()
        self.missing: dict[int, int] = {}
        self.dependents: dict[int, list[int]] = {}
        for i in arithmetic:
            operands = {a for a in graph.nodes[i].args if is_value_of_step(graph.nodes[a])}
            self.missing[i] = len(operands)
            for a in operands:
                self.dependents.setdefault(a, []).append(i)
        self.able = [i for i in arithmetic if not self.missing[i]]

    def steps(self, store: Callable[[Sequence[int]], Iterable[LoopStep]]) -> Iterator[Step]:
        """Yield the steps: of the items that can come next, the one that needs least room."""
        rest = dict.fromkeys(range(len(self.items)))
        while rest:
            ready = [k for k in rest if not self.needs[k] & ~self.done & ~self.storable]
            best = min(ready, key=self._growth)
            del rest[best]
            step = self.items[best].step
            yield from self._values()
            fresh = self._fresh(best)
            if fresh:
                yield from store(fresh)
            self._finish(_union(self.bit[i] for i in fresh), fresh)
            yield step
            self._finish(1 << best, step.results)
        yield from self._values()

    def _finish(self, bits: int, results: Sequence[int]) -> None:
        self.done |= bits
        self.alive.update(i for i in results if i in self.readers)
        self.alive = {i for i in self.alive if self.readers[i] & ~self.done}
        self._tell(results)

    def _tell(self, results: Iterable[int]) -> None:
        for i in results:
            for j in self.dependents.get(i, ()):
                self.missing[j] -= 1
                if not self.missing[j]:
                    self.able.append(j)

    def _values(self) -> Iterator[ValueStep]:
        """Yield the arithmetic that can be done."""
        nodes = []
        while self.able:
            nodes.append(self.able.pop())
            self._tell(nodes[-1:])
        if nodes:
            yield ValueStep(sorted(nodes))

    def _fresh(self, k: int) -> list[int]:
        """Return the series to be stored before an item; if there are any, with others that can be, up to `ROOM`."""
        fresh = [i for i in self.wanted[k] if self.bit[i] & ~self.done]
        if not fresh:
            return fresh
        able = self.done | _union(self.bit[i] for i in fresh)
        room = ROOM - len(self.alive) - len(fresh)
        for i in self.materialized if room > 0 else ():
            if self.bit[i] & ~able and not self.waits[i] & ~able & ~self.bit[i]:
                fresh.append(i)
                able |= self.bit[i]
                room -= 1
                if not room:
                    break
        return sorted(fresh)

    def _growth(self, k: int) -> tuple[float, int]:
        """Return how many more series are kept after an item, less the share each it reads is nearer to its end."""
        fresh = [i for i in self.wanted[k] if self.bit[i] & ~self.done]
        item = self.items[k]
        after = self.done | 1 << k | _union(self.bit[i] for i in fresh)
        read = item.series.union(fresh, *(self.reads[i][0] for i in fresh))
        added = sum(self.graph.nodes[i].kind == SERIES for i in item.step.results)
        return len(fresh) + added - sum(1 / (1 + (self.readers[i] & ~after).bit_count()) for i in read), k


def _union(sets: Iterable[int]) -> int:
    union = 0
    for bits in sets:
        union |= bits
    return union
