"""Stages: a plan whose steps read all the stocks of a day becomes several texts, with those steps between them.

1. A stage computes the factors that need no more than what is known before it, and what the `CrossSection` steps after
   it read: their series go into a buffer beside the storage, their values leave as factors do.
2. A later stage reads from that buffer: series and values of each stock, and profiles, which are the same for all.
3. What a `CrossSection` step gives is known before it runs by a probe on a few dummy stocks; where a probe fails, or
   the day's own result is of another shape, what reads it is left to the matrix engine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from factors.data.calendar.session import Session
from factors.definitions.decorators import Definition
from factors.definitions.kinds import PAST, CrossSection, external_reason
from factors.engine.cross_section.lookback import LookbackSymbol
from factors.engine.ir.calls import call
from factors.engine.ir.graph import SERIES, VALUE, Graph, StageRef
from factors.engine.ir.trace import BROADCAST, TracedArray, number, stage_input
from factors.engine.planning.plan import Plan
from factors.errors import NotInSession

SPILL = "put "
"""Before the name of a series, the name of the node that writes it."""
STOCKS = 7
"""Stocks of a probe: a number that no body means."""
ABSENT = "absent"


class StagePlan:
    """What crosses between the stages of a plan in one session, and where it lies.

    Parameters
    ----------
    plan : Plan
        The plan.
    session : Session
        The session.
    unfit : collection of str
        `CrossSection` steps whose results turned out to be of another shape than that of the probe.
    answered : mapping of str to str
        `CrossSection` steps that are answered by something else than the stocks, before the first stage, and their
        kinds.

    Attributes
    ----------
    stage : dict of str to int
        Where a step runs; a `CrossSection` runs before the texts of its stage.
    kinds : dict of str to str
        What each name is: a series, a value, a profile, or absent from this session.
    places : dict of str to int
        Where each lies among those of its kind.
    spills : dict of int to list of str
        Series that a stage writes for the `CrossSection` steps after it.
    masks : set of str
        Those of them that are masks.
    lookback_quantiles : dict of str to (str, float, int)
        Values that are quantiles of a field over days before.
    """

    def __init__(
        self,
        plan: Plan,
        session: Session,
        unfit: Collection[str] = (),
        answered: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._steps, self._external, self.session = plan.steps, plan.given, session  # not the plan, which keeps this
        self.stage: dict[str, int] = {}
        self.kinds: dict[str, str] = {}
        self.places: dict[str, int] = {}
        self.spills: dict[int, list[str]] = {}
        self.masks: set[str] = set()
        self.lookback_quantiles: dict[str, tuple[str, float, int]] = {}
        self._absent: dict[str, NotInSession] = {}
        self._known: dict[str, int] = {}  # from which stage on a name can be read
        for step in plan.steps:
            own = max((self.stage[name] for name in step.inputs if name in self.stage), default=0)
            waits = isinstance(step, CrossSection) and step.name not in answered
            self.stage[step.name] = own + 1 if waits else own
        self.across = tuple(step for step in plan.across if step.name not in unfit)
        self.read = {name for step in self.across if step.name not in answered for name in step.inputs}
        for name in plan.given:
            if not name.startswith(PAST):
                self._enter(name, VALUE, 0)
        for name, kind in answered.items():
            if name in self.stage:
                self._enter(name, kind, self.stage[name])

    @property
    def stages(self) -> int:
        """Number of stages."""
        return 1 + max(self.stage.values(), default=0)

    def names(self, kind: str) -> list[str]:
        """Return the names of a kind by their places."""
        return [name for name, one in self.kinds.items() if one == kind and name in self.places]

    def before(self, stage: int) -> list[CrossSection]:
        """Return the steps over all stocks that run before the text of a stage."""
        return [step for step in self.across if self.stage[step.name] == stage and step.name in self.kinds]

    def open(self, stage: int) -> None:
        """Find out what the steps before a stage give, once the stages before it are traced."""
        for step in self.across:
            if self.stage[step.name] == stage and step.name not in self.kinds:
                kind = self._probe_shape(step)
                if kind is not None:
                    self._enter(step.name, kind, stage)

    def steps(self, stage: int) -> Iterator[Definition]:
        """Yield the steps that a stage traces: its factors, what is read later, and all behind these."""
        wanted = {step.name for step in self._steps if self.stage[step.name] == stage}
        traced: list[Definition] = []
        for step in reversed(self._steps):
            if step.name in wanted and not external_reason(step) and not self._is_known(step.name, stage):
                wanted.update(step.inputs)
                traced.append(step)
        yield from reversed(traced)

    def symbols(self, graph: Graph, stage: int) -> dict[str, Any]:
        """Return the symbols of what a stage reads beyond the bars."""
        known = {name: kind for name, kind in self.kinds.items() if self._is_known(name, stage)}
        symbols: dict[str, Any] = {}
        for name, kind in known.items():
            symbols[name] = self._absent[name] if kind == ABSENT else stage_input(graph, kind, self.places[name])
            if name in self.masks:
                symbols[name] = symbols[name] != 0
        for name in self._external:
            if name.startswith(PAST):
                symbols[name] = LookbackSymbol(name, partial(self._quantile, graph, name.removeprefix(PAST)))
        return symbols

    def _quantile(self, graph: Graph, field: str, q: float, days: int) -> TracedArray:
        """Return the symbol of a quantile of the days before, which is made before the first stage."""
        name = f"{q!r}-quantile of {field} of {days} days"
        if name not in self.kinds:
            self.lookback_quantiles[name] = field, q, days
            self._enter(name, VALUE, 0)
        return stage_input(graph, VALUE, self.places[name])

    def spill(self, stage: int, symbols: Mapping[str, Any], nodes: dict[str, int]) -> None:
        """Write the series that a stage makes for `CrossSection` steps into the buffer: nodes of their own."""
        for name in sorted(self.read):
            x = symbols.get(name)
            if self.stage.get(name) != stage or self._is_known(name, stage) or not isinstance(x, TracedArray):
                continue
            if x.window == (0, self.session.minutes):
                self.masks |= {name} if x.mask else set()
                self.spills.setdefault(stage, []).append(name)
                place = self._enter(name, SERIES, stage + 1)
                nodes[SPILL + name] = call("put", number(x), constants=(StageRef(place),)).node

    def keep(self, stage: int, names: Collection[str]) -> None:
        """Note the values that a stage makes and others read later."""
        for name in names:
            self._enter(name, VALUE, stage + 1)

    def later(self, stage: int) -> set[str]:
        """Return what is read after the text of a stage."""
        return {name for step in self._steps if self.stage[step.name] > stage for name in step.inputs}

    def _is_known(self, name: str, stage: int) -> bool:
        return self._known.get(name, self.stages) <= stage

    def _enter(self, name: str, kind: str, stage: int) -> int:
        self.kinds[name], self._known[name] = kind, stage
        if kind != ABSENT:
            self.places[name] = sum(one == kind for one in self.kinds.values()) - 1
        return self.places.get(name, -1)

    def _probe_shape(self, step: CrossSection) -> str | None:
        """Return what a step gives, None if that cannot be told."""
        for name in step.inputs:
            if name in self._absent:
                self._absent[step.name] = self._absent[name]
                return ABSENT
            if name not in self.kinds and name in self.stage:
                return None  # it does not fuse
        try:
            with np.errstate(all="ignore"):
                shape = np.shape(step.call(*map(self._dummy_input, step.inputs)))
        except NotInSession as absent:
            self._absent[step.name] = absent
            return ABSENT
        except Exception:  # the day's own stocks will tell, or fail with its place
            return None
        return kind_of(shape, STOCKS, self.session.minutes)

    def _dummy_input(self, name: str) -> Any:
        kind, minutes = self.kinds.get(name, SERIES), self.session.minutes
        if name == "session":
            return self.session
        if name == "minute":
            return np.arange(1.0, minutes + 1)[None, :]
        rows, columns = 1 if kind == BROADCAST else STOCKS, 1 if kind == VALUE else minutes
        numbers = 1 + (np.arange(rows * columns) * 7 % 11).reshape(rows, columns) / 100
        return numbers > 1.05 if name == "traded" or name in self.masks else numbers


def goes_beyond(plan: Plan, fields: Sequence[str]) -> bool:
    """Whether stages of a plan read more than their stock-days; without volume nothing fuses anyway."""
    return "volume" in fields and any(map(external_reason, plan.steps))


def kind_of(shape: tuple[int, ...], stocks: int, minutes: int) -> str | None:
    """Return what an array of this shape gives to each stock, None for other shapes."""
    if len(shape) != 2 or shape[0] not in (1, stocks) or shape[1] not in (1, minutes):
        return None
    return VALUE if shape[1] == 1 else BROADCAST if shape[0] == 1 else SERIES
