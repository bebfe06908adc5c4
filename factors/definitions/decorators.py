"""Factors and shared series: the decorators that make a function a definition.

A definition is a function whose argument names say what it reads: fields of the minute bars, shared series, other
values made from them, or `session`. Pruning, ordering, sharing and freeing follow from those names alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from fractions import Fraction
from typing import Any, Literal, overload

from factors.definitions.checks import check_description, parts_of
from factors.definitions.kinds import FAMILIES, Body, CrossSection, Definition, ExternalInput, Factor, Shared
from factors.definitions.ranges import Range
from factors.definitions.registry import BUILT_IN, REGISTRY, Registry
from factors.errors import choice

__all__ = [
    "BUILT_IN", "FAMILIES", "REGISTRY", "Body", "Definition", "Factor", "Registry", "Shared", "across",
    "day_input", "factor", "forget", "shared",
]  # fmt: skip


@overload
def factor(body: Body, /) -> Factor: ...
@overload
def factor(
    *,
    family: str = "",
    unit: str = "",
    formula: str = "",
    min_bars: int = 1,
    window: tuple[int, int | None] | None = None,
    source: str = "",
    core: Literal["known", "reconstructed"] | None = None,
    direction: int | None = None,
    aliases: tuple[str, ...] = (),
    version: int = 1,
    scale: tuple[Fraction | int, Fraction | int] | None = (0, 0),
    history: int = 0,
    ranges: Mapping[str, Range] = ...,
) -> Callable[[Body], Factor]: ...
def factor(body: Body | None = None, /, **description: Any) -> Factor | Callable[[Body], Factor]:
    """Make a function of series a factor, usable at once by its name or as an object.

    The argument names are the inputs: fields (open, high, low, close, volume, amount, trades), shared series,
    `traded`, `minute` or `session`. The body uses operators and the verbs of `factors.ops` and returns one value per
    stock. Keywords describe it: see `Factor`.

    Raises
    ------
    DefinitionError
        If the function cannot be a definition, or its name is taken.

    Examples
    --------
    >>> from factors import factor, ops as m
    >>> @factor(unit="ratio", min_bars=2)
    ... def close_to_high(high, close):
    ...     '''How far the day closes below its high.'''
    ...     return m.last(close) / m.max(high) - 1
    >>> close_to_high
    <factor close_to_high(high, close)>
    """

    def register(function: Body) -> Factor:
        taken = {*(f.name for f in fields(Definition)), "of"}
        known = [f.name for f in fields(Factor) if f.name not in taken]
        for word in description:
            if word not in known:
                raise choice("@factor: keyword", word, known)
        new = Factor(**parts_of(function), **description)
        check_description(new)
        REGISTRY.add(new)
        return new

    return register if body is None else register(body)


def forget(name: str) -> None:
    """Remove a factor or shared series of your own, by name.

    Raises
    ------
    UnknownFactorError
        If there is none of that name.
    DefinitionError
        If it is built in.
    """
    REGISTRY.forget(name)


def shared(body: Body) -> Shared:
    """Make a function of series a shared series: other definitions read it by naming it as an argument.

    It returns a series (one value per minute), a mask, or a value per stock, and runs once however many read it.

    Raises
    ------
    DefinitionError
        If the function cannot be a definition, or its name is taken.
    """
    new = Shared(**parts_of(body))
    REGISTRY.add(new)
    return new


def day_input(body: Body) -> ExternalInput:
    """Register a name that the input answers."""
    new = ExternalInput(**parts_of(body))
    REGISTRY.add(new)
    return new


def across(body: Body) -> CrossSection:
    """Make a function of the whole day's series one that runs once per day, over all its stocks.

    Its arguments are what a factor's are, as arrays of all traded stocks of the day, (stocks, minutes) or (stocks, 1).
    It returns a series, a value per stock, or one row for all of them, (1, minutes) or (1, 1), and uses operators,
    verbs and the functions of `factors.ops.across`.

    Raises
    ------
    DefinitionError
        If the function cannot be a definition, or its name is taken.
    """
    new = CrossSection(**parts_of(body))
    REGISTRY.add(new)
    return new
