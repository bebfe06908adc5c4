"""The plan: which definitions run, in which order, and what each reads.

Made from the factors asked for and the fields that exist, before any data is touched; every engine follows it.
"""

from __future__ import annotations

import threading
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from factors.common.fields import FIELDS
from factors.definitions.decorators import REGISTRY, Definition, Factor, Shared
from factors.definitions.kinds import PAST, CrossSection, ExternalInput
from factors.errors import DefinitionError

_Reads = dict[Definition, frozenset[str]]
"""Built-in inputs of definitions."""


@dataclass(frozen=True, eq=False)
class Plan:
    """An ordered run of definitions.

    Attributes
    ----------
    factors : tuple of Factor
        The factors asked for, in that order.
    steps : tuple of Definition
        Everything that runs, each after what it reads; a shared series stands once, right before its first reader.
    fields : tuple of str
        Fields of the bars that are read, in storage order.
    missing : dict of str to tuple of str
        Factors that stay NaN, with the fields the input lacks.
    """

    factors: tuple[Factor, ...]
    steps: tuple[Definition, ...]
    fields: tuple[str, ...]
    missing: dict[str, tuple[str, ...]]

    @property
    def shared(self) -> tuple[Shared, ...]:
        """Shared series that the plan computes."""
        return tuple(s for s in self.steps if isinstance(s, Shared))

    @cached_property
    def across(self) -> tuple[CrossSection, ...]:
        """Steps that run once per day on all its stocks, in their order."""
        return tuple(s for s in self.steps if isinstance(s, CrossSection))

    @cached_property
    def given(self) -> tuple[str, ...]:
        """Names that the input answers beyond its stock-days' own bars."""
        return tuple(s.name for s in self.steps if isinstance(s, ExternalInput))

    @property
    def past(self) -> tuple[str, ...]:
        """Fields whose series of earlier days are read."""
        return tuple(name.removeprefix(PAST) for name in self.given if name.startswith(PAST))

    @property
    def history(self) -> int:
        """Days of the input that are read before a stock-day's own, but for the previous close."""
        past = [f.history for f in self.factors if any(name.startswith(PAST) for name in f.inputs)]
        return max(past, default=0) if self.past else 0

    def below(self, across: CrossSection, known: Container[str] = ()) -> tuple[Definition, ...]:
        """Return the steps that give an across its inputs on the stock-days, but for those that are known."""
        return self._behind(across.inputs, known)

    def rest(self, known: Container[str]) -> tuple[Definition, ...]:
        """Return the steps that run on the stock-days: not what is given or known, nor what is only read for that."""
        return self._behind([f.name for f in self.factors], known)

    def _behind(self, names: Sequence[str], known: Container[str] = ()) -> tuple[Definition, ...]:
        wanted = set(names)
        found: list[Definition] = []
        for step in reversed(self.steps):
            if step.name in wanted and step.name not in known and not isinstance(step, CrossSection | ExternalInput):
                wanted.update(step.inputs)
                found.append(step)
        return tuple(reversed(found))

    def readers(self) -> dict[str, int]:
        """Return how many steps read each input."""
        return readers(self.steps)

    def peak(self) -> int:
        """Return the largest number of series alive at once, fields included."""
        left = self.readers()
        alive: set[str] = set()
        most = 0
        for step in self.steps:
            alive.update(step.inputs)
            most = max(most, len(alive) + 1)
            for name in step.inputs:
                left[name] -= 1
                if not left[name]:
                    alive.discard(name)
            if isinstance(step, Shared):
                alive.add(step.name)
        return most

    def __str__(self) -> str:
        readers = self.readers()
        lines = [
            f"Plan of {len(self.factors)} factor{'s' if len(self.factors) != 1 else ''}: reads "
            f"{', '.join(self.fields)}; {len(self.shared)} shared series, each computed once; "
            f"at most {self.peak()} series alive."
        ]
        width = max((len(s.name) for s in self.steps), default=0)
        for step in self.steps:
            what = f"shared by {readers[step.name]}" if type(step) is Shared else step.kind
            said = f"; {step.parameters()}" if isinstance(step, Factor) and step.params else ""
            lines.append(f"  {step.name:{width}}  {what:<12} <- {', '.join(step.inputs)}{said}")
        for name, fields in self.missing.items():
            lines.append(f"  {name:{width}}  NaN          no {', '.join(fields)} in the input")
        return "\n".join(lines)

    __repr__ = __str__


def readers(steps: Iterable[Definition]) -> dict[str, int]:
    """Return how many of some steps read each input; an array is dropped after its last reader."""
    counts: dict[str, int] = {}
    for step in steps:
        for name in step.inputs:
            counts[name] = counts.get(name, 0) + 1
    return counts


def field_inputs(definition: Definition) -> tuple[str, ...]:
    """Return the fields a definition reads, directly or through shared series, in storage order.

    Raises
    ------
    DefinitionError
        If an argument is neither a field nor a shared series, or definitions read each other in a circle.
    """
    return _fields(definition, {})


def _fields(definition: Definition, known: _Reads) -> tuple[str, ...]:
    names = {"volume" if name == "traded" else name for name in _built_in(definition, known, ())}
    return tuple(f for f in FIELDS if f in names)


def _built_in(definition: Definition, known: _Reads, path: tuple[str, ...]) -> frozenset[str]:
    """Return the built-in inputs of a definition, and put into `known` those of all that it reads."""
    if definition not in known:
        if definition.name in path:
            circle = " -> ".join([*path[path.index(definition.name) :], definition.name])
            raise DefinitionError(f"definitions read each other in a circle: {circle} ({definition.place}).")
        names: set[str] = set()
        for name in definition.inputs:
            source = REGISTRY.input(name, definition)
            names |= {name} if source is None else _built_in(source, known, (*path, definition.name))
        known[definition] = frozenset(names)
    return known[definition]


def make_plan(factors: Sequence[Factor], available: Sequence[str] | None = None) -> Plan:
    """Order the definitions behind the factors.

    Parameters
    ----------
    factors : sequence of Factor
        What is wanted.
    available : sequence of str, optional
        Fields the input has; factors that read others are left out and listed as missing. Default: all.

    Raises
    ------
    DefinitionError
        If an argument is neither a field nor a shared series, or definitions read each other in a circle.
    """
    key = tuple(factors), None if available is None else tuple(available)
    order = _ORDERS.get(key)
    if order is None or not order.holds():
        order = _order(*key)
        with _LOCK:
            _ORDERS.pop(key, None)
            _ORDERS[key] = order
            while len(_ORDERS) > MOST:
                del _ORDERS[next(iter(_ORDERS))]
    # a plan of its own: what is fused for it may follow a user's globals, which change without the registry
    return Plan(key[0], order.steps, order.fields, dict(order.missing))


@dataclass(frozen=True)
class _Order:
    """What a plan is made of, and the shared series that were looked up for it."""

    steps: tuple[Definition, ...]
    fields: tuple[str, ...]
    missing: dict[str, tuple[str, ...]]
    shared: tuple[Shared, ...]

    def holds(self) -> bool:
        """Whether the registry still answers as it did."""
        return all(REGISTRY.shared.get(series.name) is series for series in self.shared)


_ORDERS: dict[tuple[tuple[Factor, ...], tuple[str, ...] | None], _Order] = {}
"""Orders by factors and fields, the newest last: a second call with the same factors asks the registry for nothing."""
_LOCK = threading.Lock()
MOST = 32
"""Orders that are kept."""


def _order(factors: tuple[Factor, ...], available: tuple[str, ...] | None) -> _Order:
    """Walk through all that the factors read."""
    known: _Reads = {}
    steps: dict[str, Definition] = {}
    missing: dict[str, tuple[str, ...]] = {}
    fields: set[str] = set()

    def visit(definition: Definition) -> None:
        for name in definition.inputs:
            source = REGISTRY.input(name, definition)
            if isinstance(source, ExternalInput) and name.startswith(PAST):
                _check_past(definition, name)
            if source is not None and name not in steps:
                visit(source)
        steps[definition.name] = definition

    for factor in dict.fromkeys(factors):
        needed = _fields(factor, known)
        lacking = tuple(f for f in needed if available is not None and f not in available)
        if lacking:
            missing[factor.name] = lacking
            continue
        fields.update(needed)
        visit(factor)
    shared = tuple(series for series in known if isinstance(series, Shared))
    return _Order(tuple(steps.values()), tuple(f for f in FIELDS if f in fields), missing, shared)


def _check_past(reader: Definition, name: str) -> None:
    if not isinstance(reader, Factor):
        raise DefinitionError(
            f"{reader.kind} {reader.name!r} ({reader.place}) reads {name}: how many days that are is said by a factor "
            "with @factor(history=5), so only a factor can read it; call a plain function there."
        )
    if not reader.history:
        raise DefinitionError(
            f"factor {reader.name!r} ({reader.place}) reads {name} and must say of how many days: @factor(history=5)."
        )
