"""The graph of a stage, and what is made of it when a device needs it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from factors.engine.codegen.emit import emit
from factors.engine.codegen.program import Program
from factors.engine.ir.analysis import reachable
from factors.engine.ir.graph import Graph
from factors.engine.schedule.policy import Policy
from factors.engine.schedule.schedule import make_schedule
from factors.engine.schedule.steps import Schedule


@dataclass(frozen=True, eq=False)
class FusedGraph:
    """The graph of a stage for one session.

    Attributes
    ----------
    graph : Graph
        The graph.
    outputs : tuple of int
        Value nodes that leave, in order.
    fields : tuple of str
        Fields of the cube, in storage order.
    stage_series : int or None
        Series that lie beside the storage for stages; None for a graph that is no stage's.
    """

    graph: Graph
    outputs: tuple[int, ...]
    fields: tuple[str, ...]
    stage_series: int | None = None

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """Fields that are read, in the order in which the graph has them."""
        nodes = self.graph.nodes
        return tuple(nodes[i].field for i in reachable(self.graph, self.outputs) if nodes[i].op == "field")

    @cached_property
    def writes(self) -> bool:
        """Whether it writes series beside the storage, for a later stage."""
        return any(self.graph.nodes[i].op == "put" for i in reachable(self.graph, self.outputs))

    @cached_property
    def schedule(self) -> Schedule:
        """Passes and loops on a CPU."""
        return make_schedule(self.graph, self.outputs)

    @cached_property
    def program(self) -> Program:
        """What a CPU runs."""
        return emit(self.schedule, self.fields, self.stage_series)

    def part(self, begin: int, end: int, fields: tuple[str, ...], policy: Policy) -> Program:
        """Return the program of some of the outputs, for a storage of some fields."""
        return emit(make_schedule(self.graph, self.outputs[begin:end], policy), fields, self.stage_series)
