"""Tracing a plan: its definitions called on symbols, all or those of a stage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from factors.data.calendar.session import Session
from factors.definitions.decorators import Definition, Factor
from factors.definitions.kinds import external_reason
from factors.engine.cross_section.stages import StagePlan
from factors.engine.ir.graph import Graph
from factors.engine.ir.trace import NotTraceable, TracedArray, elementwise, field, minute
from factors.engine.lowering.basics import count, where
from factors.engine.lowering.verbs import between
from factors.engine.planning.plan import Plan
from factors.errors import NotInSession


def trace(
    plan: Plan, session: Session, fields: Sequence[str], stage_plan: StagePlan | None = None, stage: int = 0
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
    symbols: dict[str, Any] = {"session": session, "minute": minute(graph)}
    symbols |= {name: field(graph, name) for name in fields}
    if "volume" in symbols:
        symbols["traded"] = elementwise("gt", symbols["volume"], 0, mask=True)
    else:
        symbols["traded"] = NotTraceable("without volume, traded minutes are known to the matrix engine alone")
    nodes: dict[str, int] = {}
    refused: dict[str, str] = {}
    symbols |= {step.name: NotTraceable(reason) for step in plan.steps if (reason := external_reason(step))}
    if stage_plan is None:
        steps = [step for step in plan.steps if not external_reason(step)]
    else:
        symbols |= stage_plan.symbols(graph, stage)
        steps = list(stage_plan.steps(stage))
    for step in steps:
        try:
            value = _call(step, [symbols[name] for name in step.inputs])
            if isinstance(step, Factor):
                value = _finish(graph, step, value, symbols["traded"])
        except (NotInSession, NotTraceable) as reason:
            value = reason
        except Exception as error:  # the matrix engine will meet it again and tell it with its place
            value = NotTraceable(f"{type(error).__name__}: {error}")
        if not isinstance(step, Factor):
            symbols[step.name] = value
            if isinstance(value, TracedArray) and value.window is None and not value.mask:
                nodes[step.name] = value.node
        elif isinstance(value, NotInSession):
            nodes[step.name] = graph.constant(float("nan"))
        elif isinstance(value, Exception):
            refused[step.name] = str(value)
        else:
            nodes[step.name] = value.node
    if stage_plan is not None:
        stage_plan.spill(stage, symbols, nodes)
    return graph, nodes, refused


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
