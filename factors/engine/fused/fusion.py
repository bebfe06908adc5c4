"""Fusing a plan: its definitions traced, scheduled and emitted, once for each session.

What is made of the library's own definitions is kept; those of a user are traced at every call.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from factors.data.calendar.session import Session
from factors.definitions.decorators import Definition, Factor
from factors.definitions.kinds import external_reason
from factors.engine.codegen.emit import emit
from factors.engine.cross_section.stages import SPILL, StagePlan, goes_beyond
from factors.engine.ir.trace import SERIES, Graph, Node, NotTraceable, TracedArray, elementwise
from factors.engine.lowering.order import share_orders
from factors.engine.lowering.verbs import between, count, where
from factors.engine.planning.plan import Plan
from factors.engine.schedule.loops import Schedule, make_schedule
from factors.errors import NotInSession


@dataclass(frozen=True)
class FusedProgram:
    """A plan fused for one session.

    Attributes
    ----------
    names : tuple of str
        Factors it computes, in the order of the plan.
    refused : dict of str to str
        Factors that do not fuse, with the reason.
    values : tuple of str
        Shared values that these read, and that are computed beside the factors.
    schedule : Schedule
        Passes and loops.
    text : str
        The emitted C++.
    given : int or None
        Series that lie beside the storage for stages; None for a fusion that is no stage.
    """

    names: tuple[str, ...]
    refused: dict[str, str]
    values: tuple[str, ...]
    schedule: Schedule
    text: str
    given: int | None = None

    @property
    def writes(self) -> bool:
        """Whether it writes series there, for a later stage."""
        nodes = self.schedule.graph.nodes
        return any(kind == "call" and isinstance(i, int) and nodes[i].op == "put" for kind, i in self.schedule.steps)


@dataclass(frozen=True)
class StagedProgram:
    """A plan fused for one session, in stages.

    Attributes
    ----------
    fusions : tuple of FusedProgram
        One a stage.
    crossing : StagePlan
        What crosses between them.
    """

    fusions: tuple[FusedProgram, ...]
    crossing: StagePlan


_FUSIONS: WeakKeyDictionary[Plan, dict[tuple[Any, ...], Any]] = WeakKeyDictionary()
"""Fusions live as long as their plan: another call traces again, and so sees changed declarations and globals."""
_OWN: dict[tuple[Definition, ...], dict[tuple[Any, ...], Any]] = {}
"""Fusions of the library's own definitions, which nobody changes."""
MOST = 32
"""Plans whose fusions are kept there."""


def fuse(plan: Plan, session: Session, fields: Sequence[str]) -> FusedProgram:
    """Trace, schedule and emit what a plan computes of a stock-day alone.

    For a session and the fields of a cube, in storage order.
    """
    found: FusedProgram = _kept(plan, session, fields, (), lambda: _fused(plan, session, fields))
    return found


def stage(
    plan: Plan, session: Session, fields: Sequence[str], unfit: Collection[str] = (), answered: Collection[str] = ()
) -> StagedProgram:
    """Trace, schedule and emit a plan in stages; `unfit` and `answered` as for `StagePlan`."""
    about = tuple(sorted(unfit)), tuple(answered)
    found: StagedProgram = _kept(plan, session, fields, about, lambda: _staged(plan, session, fields, *about))
    return found


def stages(plan: Plan, session: Session, fields: Sequence[str]) -> tuple[FusedProgram, ...]:
    """Return the stages of a plan: one where nothing is read beyond the stock-days."""
    return stage(plan, session, fields).fusions if goes_beyond(plan, fields) else (fuse(plan, session, fields),)


def _kept(
    plan: Plan, session: Session, fields: Sequence[str], about: tuple[tuple[str, ...], ...], make: Callable[[], Any]
) -> Any:
    """Return what was made of a plan before."""
    own = all(step.builtin for step in plan.steps)
    known = _OWN.setdefault(plan.steps, {}) if own else _FUSIONS.setdefault(plan, {})
    while len(_OWN) > MOST:
        del _OWN[next(iter(_OWN))]
    key = (session, tuple(fields), *about)
    if key not in known:
        known[key] = make()
    return known[key]


def _fused(plan: Plan, session: Session, fields: Sequence[str]) -> FusedProgram:
    graph, nodes, refused = trace(plan, session, fields)
    names, values, outputs = _leaving(plan, nodes, refused)
    return FusedProgram(names, refused, values, *_written(graph.minutes, tuple(graph.nodes), outputs, tuple(fields)))


def _staged(
    plan: Plan, session: Session, fields: Sequence[str], unfit: Collection[str], answered: Collection[str]
) -> StagedProgram:
    crossing = StagePlan(plan, session, unfit, answered)
    parts = []
    for stage in range(crossing.stages):
        crossing.open(stage)
        graph, nodes, refused = trace(plan, session, fields, crossing, stage)
        names, values, outputs = _leaving(plan, nodes, refused, crossing.later(stage))
        crossing.keep(stage, values)
        outputs += tuple(nodes[SPILL + name] for name in crossing.spills.get(stage, ()))
        parts.append((graph, names, refused, values, outputs))
    number = len(crossing.names(SERIES))
    fusions = [
        FusedProgram(
            names, refused, values, *_written(graph.minutes, tuple(graph.nodes), outputs, tuple(fields), number), number
        )
        for graph, names, refused, values, outputs in parts
    ]
    return StagedProgram(tuple(fusions), crossing)


def _leaving(
    plan: Plan, nodes: Mapping[str, int], refused: Collection[str], later: Collection[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    """Return the factors and the shared values that leave, and their nodes."""
    names = tuple(f.name for f in plan.factors if f.name in nodes)
    read = {name for step in _of(plan, refused) for name in step.inputs}.union(later)
    values = tuple(s.name for s in plan.steps if not isinstance(s, Factor) and s.name in nodes and s.name in read)
    return names, values, tuple(nodes[name] for name in (*names, *values))


@lru_cache(maxsize=16)
def _written(
    minutes: int, nodes: tuple[Node, ...], outputs: tuple[int, ...], fields: tuple[str, ...], given: int | None = None
) -> tuple[Schedule, str]:
    """Return schedule and text of a graph: an equal one needs neither to be made again."""
    graph = Graph(minutes)
    graph.nodes = list(nodes)
    schedule = make_schedule(*share_orders(graph, outputs))
    return schedule, emit(schedule, fields, given)


def trace(
    plan: Plan, session: Session, fields: Sequence[str], crossing: StagePlan | None = None, stage: int = 0
) -> tuple[Graph, dict[str, int], dict[str, str]]:
    """Call the plan's definitions on symbols: all, or those of a stage.

    Returns
    -------
    graph : Graph
        What they do.
    nodes : dict of str to int
        The node of each factor that fuses, of each shared value, and of what else leaves the stage.
    refused : dict of str to str
        Why the others do not.
    """
    graph = Graph(session.minutes)
    known: dict[str, Any] = {"session": session, "minute": graph.minute()}
    known |= {name: graph.field(name) for name in fields}
    if "volume" in known:
        known["traded"] = elementwise("gt", known["volume"], 0, mask=True)
    else:
        known["traded"] = NotTraceable("without volume, traded minutes are known to the matrix engine alone")
    nodes: dict[str, int] = {}
    refused: dict[str, str] = {}
    known |= {step.name: NotTraceable(external_reason(step)) for step in plan.steps if external_reason(step)}
    if crossing is not None:
        known |= crossing.symbols(graph, stage)
    for step in [one for one in plan.steps if not external_reason(one)] if crossing is None else crossing.steps(stage):
        try:
            value = _call(step, [known[name] for name in step.inputs])
            if isinstance(step, Factor):
                value = _finish(graph, step, value, known["traded"])
        except (NotInSession, NotTraceable) as reason:
            value = reason
        except Exception as error:  # the matrix engine will meet it again and tell it with its place
            value = NotTraceable(f"{type(error).__name__}: {error}")
        if not isinstance(step, Factor):
            known[step.name] = value
            if isinstance(value, TracedArray) and value.window is None and not value.mask:
                nodes[step.name] = value.node
        elif isinstance(value, NotInSession):
            nodes[step.name] = graph.constant(float("nan"))
        elif isinstance(value, Exception):
            refused[step.name] = str(value)
        else:
            nodes[step.name] = value.node
    if crossing is not None:
        crossing.put(stage, known, nodes)
    return graph, nodes, refused


def _of(plan: Plan, names: Collection[str]) -> tuple[Definition, ...]:
    """Return the steps that some factors of a plan need, given ones and those of all stocks included."""
    wanted = set(names)
    for step in reversed(plan.steps):
        if step.name in wanted:
            wanted.update(step.inputs)
    return tuple(step for step in plan.steps if step.name in wanted)


def _call(step: Definition, inputs: Sequence[Any]) -> Any:
    for value in inputs:
        if isinstance(value, Exception):
            raise value
    return step.call(*inputs)


def _finish(graph: Graph, factor: Factor, value: Any, traded: Any) -> TracedArray:
    """Mask thin stock-days and turn infinities into NaN, as every engine does."""
    if not isinstance(value, TracedArray) or value.window is not None:
        raise NotTraceable("it does not return one value per stock")
    if isinstance(traded, Exception):
        raise traded
    enough = count(traded) >= factor.min_bars
    if factor.window is not None:
        enough = enough & (count(between(traded, *factor.window)) >= factor.min_bars)
    value = where(enough, value)
    return where(elementwise("lt", elementwise("abs", value), float("inf"), mask=True), value)
