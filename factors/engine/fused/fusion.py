"""Fusing a plan: its definitions traced to graphs, once for each session.

What is made of the library's own definitions is kept; those of a user are traced at every call, and so see changed
declarations and globals. Equal graphs are one, with all that was scheduled, emitted and compiled of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from factors.data.calendar.session import Session
from factors.definitions.decorators import Definition, Factor
from factors.engine.codegen import sources
from factors.engine.codegen.cache import ProgramCache
from factors.engine.cross_section.stages import SPILL, StagePlan, goes_beyond
from factors.engine.fused.graph import FusedGraph
from factors.engine.fused.trace import trace
from factors.engine.ir.graph import SERIES, Graph
from factors.engine.lowering.share_orders import share_orders
from factors.engine.planning.plan import Plan
from factors.engine.schedule.steps import Schedule


@dataclass(frozen=True)
class FusedProgram:
    """A plan, or a stage of it, fused for one session.

    Attributes
    ----------
    names : tuple of str
        Factors it computes, in the order of the plan.
    refused : dict of str to str
        Factors that do not fuse, with the reason.
    values : tuple of str
        Shared values that these read, and that are computed beside the factors.
    graph : FusedGraph
        What computes them.
    """

    names: tuple[str, ...]
    refused: dict[str, str]
    values: tuple[str, ...]
    graph: FusedGraph

    @property
    def schedule(self) -> Schedule:
        """Passes and loops on a CPU."""
        return self.graph.schedule

    @property
    def text(self) -> str:
        """The emitted C++ for a CPU."""
        return sources.text(self.graph.program)


@dataclass(frozen=True)
class StagedProgram:
    """A plan fused for one session, in stages.

    Attributes
    ----------
    programs : tuple of FusedProgram
        One a stage.
    stage_plan : StagePlan
        What crosses between them.
    """

    programs: tuple[FusedProgram, ...]
    stage_plan: StagePlan


PROGRAMS: ProgramCache[FusedProgram | StagedProgram] = ProgramCache(64)
"""Of the library's own definitions, which nobody changes, by these; of a user's plan, as long as it lives."""
GRAPHS: ProgramCache[FusedGraph] = ProgramCache(32)
"""Graphs by their nodes."""


def fuse(plan: Plan, session: Session, fields: Sequence[str]) -> FusedProgram:
    """Trace what a plan computes of a stock-day alone, for a session and the fields of a cube, in storage order."""
    program = _kept(plan, (session, tuple(fields)), lambda: _fuse(plan, session, fields))
    assert isinstance(program, FusedProgram)
    return program


def stage(
    plan: Plan,
    session: Session,
    fields: Sequence[str],
    unfit: Collection[str] = (),
    answered: Mapping[str, str] | None = None,
) -> StagedProgram:
    """Trace a plan in stages; `unfit` and `answered` as for `StagePlan`."""
    answered = answered or {}
    key = (session, tuple(fields), tuple(sorted(unfit)), tuple(answered))
    program = _kept(plan, key, lambda: _stage(plan, session, fields, unfit, answered))
    assert isinstance(program, StagedProgram)
    return program


def stages(plan: Plan, session: Session, fields: Sequence[str]) -> tuple[FusedProgram, ...]:
    """Return the stages of a plan: one where nothing is read beyond the stock-days."""
    return stage(plan, session, fields).programs if goes_beyond(plan, fields) else (fuse(plan, session, fields),)


def _kept(
    plan: Plan, key: tuple[object, ...], make: Callable[[], FusedProgram | StagedProgram]
) -> FusedProgram | StagedProgram:
    if all(step.builtin for step in plan.steps):
        return PROGRAMS.get((plan.steps, *key), make)
    return PROGRAMS.get(key, make, owner=plan)


def _fuse(plan: Plan, session: Session, fields: Sequence[str]) -> FusedProgram:
    graph, nodes, refused = trace(plan, session, fields)
    names, values, outputs = _leaving(plan, nodes, refused)
    return FusedProgram(names, refused, values, _fused_graph(graph, outputs, tuple(fields)))


def _stage(
    plan: Plan, session: Session, fields: Sequence[str], unfit: Collection[str], answered: Mapping[str, str]
) -> StagedProgram:
    stage_plan = StagePlan(plan, session, unfit, answered)
    parts = []
    for number in range(stage_plan.stages):
        stage_plan.open(number)
        graph, nodes, refused = trace(plan, session, fields, stage_plan, number)
        names, values, outputs = _leaving(plan, nodes, refused, stage_plan.later(number))
        stage_plan.keep(number, values)
        outputs += tuple(nodes[SPILL + name] for name in stage_plan.spills.get(number, ()))
        parts.append((names, refused, values, graph, outputs))
    series = len(stage_plan.names(SERIES))
    programs = [
        FusedProgram(names, refused, values, _fused_graph(graph, outputs, tuple(fields), series))
        for names, refused, values, graph, outputs in parts
    ]
    return StagedProgram(tuple(programs), stage_plan)


def _leaving(
    plan: Plan, nodes: Mapping[str, int], refused: Collection[str], later: Collection[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    """Return the factors and the shared values that leave, and their nodes."""
    names = tuple(f.name for f in plan.factors if f.name in nodes)
    read = {name for step in _behind(plan, refused) for name in step.inputs}.union(later)
    values = tuple(s.name for s in plan.steps if not isinstance(s, Factor) and s.name in nodes and s.name in read)
    return names, values, tuple(nodes[name] for name in (*names, *values))


def _behind(plan: Plan, names: Collection[str]) -> tuple[Definition, ...]:
    """Return the steps that some factors of a plan need, those of the input and of all stocks included."""
    wanted = set(names)
    for step in reversed(plan.steps):
        if step.name in wanted:
            wanted.update(step.inputs)
    return tuple(step for step in plan.steps if step.name in wanted)


def _fused_graph(
    graph: Graph, outputs: tuple[int, ...], fields: tuple[str, ...], stage_series: int | None = None
) -> FusedGraph:
    """Return the one graph of these nodes."""
    key = (graph.minutes, tuple(graph.nodes), outputs, fields, stage_series)
    return GRAPHS.get(key, lambda: FusedGraph(*share_orders(graph, outputs), fields, stage_series))
