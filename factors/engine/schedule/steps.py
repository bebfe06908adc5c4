"""What a schedule is made of: loops over the minutes, calls of whole series, arithmetic on values."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from factors.engine.ir.analysis import dependencies, is_guarded, is_value_of_step
from factors.engine.ir.graph import Graph, Window


@dataclass
class LoopStep:
    """One loop over the minutes of a block.

    Attributes
    ----------
    level : int
        Its pass.
    window : tuple of int
        Minutes it covers.
    reductions : list of int
        Value nodes it produces.
    materialized : list of int
        Series nodes it stores for later steps.
    """

    level: int
    window: Window
    reductions: list[int] = field(default_factory=list)
    materialized: list[int] = field(default_factory=list)

    @property
    def results(self) -> list[int]:
        """All nodes the loop is there for."""
        return [*self.materialized, *self.reductions]

    def guarded(self, graph: Graph) -> bool:
        """Whether it is left out where no stock of a block wants what it makes."""
        return any(is_guarded(graph.nodes[i]) for i in self.reductions)

    def reads(self, graph: Graph, stored: Iterable[int]) -> tuple[set[int], set[int]]:
        """Return the stored series and the values that it reads."""
        return reads(graph, self.results, stored)


@dataclass(frozen=True)
class CallStep:
    """A call of a C++ function of whole series.

    Attributes
    ----------
    node : int
        Its node.
    """

    node: int

    @property
    def results(self) -> list[int]:
        """The one node."""
        return [self.node]

    def reads(self, graph: Graph, stored: Iterable[int]) -> tuple[set[int], set[int]]:
        """Return the stored series and the values that it reads."""
        return reads(graph, self.results, stored)


@dataclass(frozen=True)
class ValueStep:
    """Arithmetic on values.

    Attributes
    ----------
    nodes : list of int
        Its nodes, each after those it reads.
    """

    nodes: list[int]

    @property
    def results(self) -> list[int]:
        """The nodes."""
        return self.nodes

    def reads(self, graph: Graph, stored: Iterable[int]) -> tuple[set[int], set[int]]:
        """Return no series, and the values of earlier steps that it reads."""
        operands = {a for i in self.nodes for a in graph.nodes[i].args if is_value_of_step(graph.nodes[a])}
        return set(), operands.difference(self.nodes)


Step = LoopStep | CallStep | ValueStep


def reads(graph: Graph, results: Collection[int], stored: Iterable[int]) -> tuple[set[int], set[int]]:
    """Return the stored series and the values of other steps that a loop or call for some nodes reads."""
    in_scratch = stored if isinstance(stored, set) else set(stored)
    operands = {a for i in dependencies(graph, results, in_scratch) for a in graph.nodes[i].args}.difference(results)
    return {a for a in operands if a in in_scratch}, {a for a in operands if is_value_of_step(graph.nodes[a])}


@dataclass
class Schedule:
    """Everything an emitter needs.

    Attributes
    ----------
    graph : Graph
        The graph.
    outputs : tuple of int
        Value nodes that leave, in order.
    steps : list of Step
        What is done, in order.
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
        """Fields that are read."""
        read = {a for loop in self.loops for a in dependencies(self.graph, loop.results, self.stored)}
        read |= {a for call in self.calls for a in self.graph.nodes[call.node].args}
        return [self.graph.nodes[i].field for i in sorted(read) if self.graph.nodes[i].op == "field"]

    @property
    def loops(self) -> list[LoopStep]:
        """The loops, in order."""
        return [step for step in self.steps if isinstance(step, LoopStep)]

    @property
    def calls(self) -> list[CallStep]:
        """The calls, in order."""
        return [step for step in self.steps if isinstance(step, CallStep)]

    @property
    def passes(self) -> int:
        """Number of passes over a block."""
        return 1 + max((loop.level for loop in self.loops), default=0)


def slot_count(slots: dict[int, int]) -> int:
    """Return how many slots there are."""
    return 1 + max(slots.values(), default=-1)
