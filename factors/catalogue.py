"""Finding factors: names to definitions, the list, the description, the plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from factors.common.fields import FIELDS
from factors.data.calendar.session import Session, get_session
from factors.definitions.decorators import FAMILIES, REGISTRY, Factor
from factors.engine.planning.plan import Plan, field_inputs, make_plan
from factors.errors import ArgumentError, DefinitionError

if TYPE_CHECKING:
    import pandas as pd

    from factors.engine.fused.fusion import FusedProgram

Wanted = str | Factor | Iterable[str | Factor] | None
"""What ``factors=`` takes: names, Factor objects, a family, "core", "all", or a list of these; None is "core"."""


def resolve(wanted: Wanted = None) -> dict[str, Factor]:
    """Return the factors asked for by column name, in the order asked.

    Raises
    ------
    UnknownFactorError
        If a name is unknown; the message has the closest one.
    ArgumentError
        If something is neither a name nor a factor, or nothing is asked for.
    """
    if wanted is None:
        wanted = "core"
    if wanted == "":
        raise ArgumentError("factors='' asks for nothing; name at least one, or 'core' or 'all'.")
    items: Iterable[object] = [wanted] if isinstance(wanted, str) or callable(wanted) else wanted
    if not isinstance(items, Iterable):
        raise ArgumentError(f"factors={wanted!r} is neither a name, a factor nor a list of these.")
    columns: dict[str, Factor] = {}
    for item in items:
        for column, factor in _resolve_one(item):
            if columns.get(column, factor) is not factor:
                raise DefinitionError(
                    f"two factors named {column!r} were asked for: {columns[column].place} and {factor.place}."
                )
            columns[column] = factor
    if not columns:
        raise ArgumentError("factors=[] asks for nothing; name at least one, or 'core' or 'all'.")
    return columns


def _sorted_factors() -> list[Factor]:
    """Return all factors family by family, custom ones last; in a family first the core ones, each part by name."""
    codes = [*(code for code in FAMILIES if code), ""]
    return sorted(REGISTRY.factors.values(), key=lambda f: (codes.index(f.family), not f.core, f.name))


def _resolve_one(item: object) -> list[tuple[str, Factor]]:
    if isinstance(item, Factor):
        return [(item.name, item)]
    if not isinstance(item, str):
        what = "function: put @factor on it" if callable(item) else type(item).__name__
        raise ArgumentError(f"factors: {item!r} is a {what}; pass names, Factor objects, a family, 'core' or 'all'.")
    if item == "core":
        return [(f.name, f) for f in _sorted_factors() if f.core]
    if item == "all":
        return [(f.name, f) for f in _sorted_factors()]
    if item in FAMILIES or item in FAMILIES.values():
        return [(f.name, f) for f in _sorted_factors() if item in (f.family, FAMILIES[f.family])]
    return [(item, REGISTRY.factor(item))]


def list_factors(family: str | None = None, text: str | None = None, core: bool | None = None) -> pd.DataFrame:
    """Return the factors as a table, one row each, indexed by name.

    Parameters
    ----------
    family : str, optional
        Only this family, by code ("A") or title.
    text : str, optional
        Only those with this text in their name, aliases, summary or source, whatever the case.
    core : bool, optional
        Only the 50 core factors, or only the others.

    Raises
    ------
    ArgumentError
        If the family is unknown.

    Examples
    --------
    >>> import factors
    >>> factors.list(text="close_vwap").index.tolist()
    ['close_vwap_dev']
    """
    import pandas as pd

    if text is not None and not isinstance(text, str):
        raise ArgumentError(f"text={text!r} must be text to look for.")
    if family is not None and family not in FAMILIES and family not in FAMILIES.values():
        known = ", ".join(f"{code} ({title})" for code, title in FAMILIES.items() if code)
        raise ArgumentError(f"family={family!r} is unknown. Families: {known}; custom factors have the family ''.")
    rows = []
    for f in _sorted_factors():
        about = " ".join((f.name, *f.aliases, f.summary, f.source)).lower()
        if family is not None and family not in (f.family, FAMILIES[f.family]):
            continue
        if (text is not None and text.lower() not in about) or (core is not None and bool(f.core) != core):
            continue
        rows.append((f.name, f.summary, f.family, f.unit, _fields_or_error(f), f.min_bars, f.core or "", f.source))
    columns = ["name", "summary", "family", "unit", "inputs", "min_bars", "core", "source"]
    return pd.DataFrame(rows, columns=columns).set_index("name")


def _fields_or_error(factor: Factor) -> str:
    try:
        return ", ".join(field_inputs(factor))
    except DefinitionError as error:  # one broken definition must not hide the others
        return f"broken: {error}"


@dataclass(frozen=True)
class Description:
    """What is known of a factor; prints as text, and as a formula in a notebook."""

    factor: Factor
    inputs: tuple[str, ...]

    def facts(self) -> list[tuple[str, str]]:
        """Return what is known, as pairs of a word and a text; what is not known is left out."""
        f = self.factor
        bars = f"{f.min_bars} traded"
        if f.window is not None:
            bars += f", within {_window(f.window)}"
        facts = [
            ("formula", f.formula), ("unit", f.unit), ("reads", ", ".join(self.inputs)),
            ("through", ", ".join(i for i in f.inputs if i not in self.inputs)),
            ("parameters", f.parameters()), ("minimum bars", bars),
            ("looks back", f"{f.history} day{'s' if f.history > 1 else ''} of the input" if f.history else ""),
            ("family", f"{f.family} {FAMILIES[f.family]}".strip()), ("core", f.core or ""),
            ("sign in source", {None: "", -1: "-1 (reversal)", 1: "+1"}.get(f.direction, "")),
            ("also called", ", ".join(f.aliases)), ("source", f.source), ("version", str(f.version)),
            ("defined in", f.place.partition("site-packages/")[2] or f.place),
        ]  # fmt: skip
        return [(name, text) for name, text in facts if text]

    def __str__(self) -> str:
        lines = [f"{self.factor.name}: {self.factor.summary}"]
        return "\n".join([*lines, *(f"  {name:<14} {text}" for name, text in self.facts())])

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        facts = "\n".join(f"- {name}: {text}" for name, text in self.facts() if name != "formula")
        formula = f"$$\n{self.factor.formula}\n$$\n\n" if self.factor.formula else ""
        return f"**{self.factor.name}** {self.factor.summary}\n\n{formula}{facts}"


def _window(window: tuple[int, int | None]) -> str:
    start, stop = window
    if start < 0 and stop is None:
        return f"the last {-start} minutes"
    return f"minutes {start + 1} to {stop}"


def describe(name: str | Factor) -> Description:
    """Return what is known of a factor: formula, inputs, unit, minimum bars, source.

    Parameters
    ----------
    name : str or Factor
        Name, alias or object.

    Raises
    ------
    UnknownFactorError
        If the name is unknown; the message has the closest one.

    Examples
    --------
    >>> import factors
    >>> factors.describe("VP").inputs
    ('close', 'volume')
    """
    if not isinstance(name, str | Factor):
        raise ArgumentError(f"describe({name!r}): pass a factor's name or a Factor.")
    factor = REGISTRY.factor(name) if isinstance(name, str) else name
    return Description(factor, field_inputs(factor))


@dataclass(frozen=True, eq=False)
class Explanation(Plan):
    """A plan, and what the fused engine makes of it; prints itself.

    Attributes
    ----------
    session : Session
        The session it is fused for.
    with_source : bool
        Whether printing ends with the emitted text.
    """

    session: Session
    with_source: bool

    @property
    def fusions(self) -> tuple[FusedProgram, ...]:
        """Passes, loops, stored series and refused factors of the fused engine, stage by stage."""
        from factors.engine.fused.fusion import stages

        return stages(self, self.session, tuple(f for f in FIELDS if f in self.fields or f in ("close", "volume")))

    @property
    def source(self) -> str:
        """The C++ text that is compiled, of all stages."""
        return "\n".join(fusion.text for fusion in self.fusions)

    def __str__(self) -> str:
        fusions = self.fusions
        fused = (
            f"Fused for {self.session.name} ({self.session.minutes} minutes): {sum(len(f.names) for f in fusions)} of "
            f"{len(self.factors)} factors"
        )
        lines = [super().__str__(), f"{fused}; {_passes(fusions[0])}."]
        if len(fusions) > 1:
            lines[1:] = [f"{fused}, in {len(fusions)} stages with the steps over all stocks (across) between them."]
            lines += [f"  stage {k}: {len(f.names)} factors; {_passes(f)}." for k, f in enumerate(fusions, 1)]
        lines += [f"  {name} runs on the matrix engine: {why}" for f in fusions for name, why in f.refused.items()]
        return "\n".join([*lines, *([self.source] if self.with_source else [])])

    __repr__ = __str__


def _passes(fusion: FusedProgram) -> str:
    schedule = fusion.schedule
    seldom = [loop.guarded(schedule.graph) for loop in schedule.loops]
    loops = [
        f"{sum(loop.level == p and not rare for loop, rare in zip(schedule.loops, seldom, strict=True))}"
        for p in range(schedule.passes)
    ]
    return (
        f"passes over a block: {schedule.passes}, with {' + '.join(loops)} loops over the minutes"
        f"{f' and {sum(seldom)} that hardly a stock needs' if any(seldom) else ''}; "
        f"{len(schedule.stored)} series stored in between"
    )


def explain(factors: Wanted = None, *, session: str | Session = "XSHG", source: bool = False) -> Explanation:
    """Return the plan for some factors: what is read, what is shared, in which order it runs. Prints itself.

    Parameters
    ----------
    factors : str, Factor, or list of these
        As in `factors.compute`.
    session : str or Session
        Session for which the fused engine's part is told.
    source : bool
        Whether printing it shows the emitted C++ text too (always in ``.source``).

    Raises
    ------
    UnknownFactorError, ArgumentError, DefinitionError
        As in `factors.compute`.
    """
    plan = make_plan(list(dict.fromkeys(resolve(factors).values())))
    return Explanation(plan.factors, plan.steps, plan.fields, plan.missing, get_session(session), source)
