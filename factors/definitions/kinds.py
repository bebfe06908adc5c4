"""What a definition is: a named function of series, shared or a factor."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

from factors.definitions.names import check_name
from factors.definitions.ranges import Range

Body = Callable[..., Any]

FAMILIES = {
    "A": "Price, whole day",
    "B": "Price, parts of the day and parts of the distribution",
    "C": "Volume and amount",
    "D": "Volume-conditioned price",
    "E": "Price-volume correlation",
    "F": "Founder intraday cores",
    "G": "Liquidity, price impact, order-flow proxies",
    "H": "Range-based volatility",
    "K": "Realised measures",
    "L": "Dependence, efficiency, entropy",
    "": "Custom",
}
"""Family titles by code."""


@dataclass(frozen=True, eq=False)
class Definition:
    """A named function of series.

    Parameters
    ----------
    name : str
        Its name, the function's own.
    body : callable
        The function.
    inputs : tuple of str
        Names it reads: its arguments without a default.
    params : mapping
        Its arguments with a default.
    place : str
        ``"file:line"`` of the function, for messages.
    builtin : bool
        Whether the function is this library's own, whose results change with its version only.
    """

    name: str
    body: Body
    inputs: tuple[str, ...]
    params: Mapping[str, Any]
    place: str
    builtin: bool = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the definition on arrays, as a plain function."""
        return self.body(*args, **kwargs)

    def call(self, *inputs: Any) -> Any:
        """Call the body on its inputs, in their order, with its parameters; engines run a definition through this."""
        return self.body(*inputs, **self.params)

    @property
    def summary(self) -> str:
        """First line of the docstring."""
        return (inspect.getdoc(self.body) or "").partition("\n")[0]

    @property
    def file(self) -> str:
        """File in which the function stands."""
        return self.place.rpartition(":")[0]

    @property
    def kind(self) -> str:
        """``"factor"`` or ``"shared"``."""
        return "shared"


@dataclass(frozen=True, eq=False)
class Shared(Definition):
    """A series, mask or value that several factors read; computed once per plan."""

    def __repr__(self) -> str:
        return f"<shared {self.name}({', '.join(self.inputs)})>"


@dataclass(frozen=True, eq=False)
class Factor(Definition):
    """One number per stock and day.

    Parameters
    ----------
    family : str
        Code of its family (`FAMILIES`); empty for custom factors.
    unit : str
        Unit of the number.
    formula : str
        LaTeX.
    min_bars : int
        Traded bars the stock-day needs; fewer give NaN.
    window : (int, int or None) or None
        The window, as minutes after the open (from the close where negative), that must hold `min_bars` traded bars
        too: ``(-30, None)`` is the last 30 minutes.
    source : str
        Where the formula comes from.
    core : {"known", "reconstructed"} or None
        Whether it is one of the source report's 50, and whether its name there is public.
    direction : int or None
        Sign of its relation to later returns in the source, if one is stated.
    aliases : tuple of str
        Other names for the same number.
    version : int
        Raised whenever its value changes; part of a store's provenance.
    scale : (exponent, exponent) or None
        Powers of c by which it grows when prices (with amounts), or volumes (with amounts), are multiplied by c; None
        where it follows no such law.
    history : int
        Days of the input before the day that it reads.
    ranges : mapping of str to Range
        The values that each parameter may have; the library's own factors say it of every one.
    of : str
        Name of the factor it is a variant of; empty for one that is none.
    """

    family: str = ""
    unit: str = ""
    formula: str = ""
    min_bars: int = 1
    window: tuple[int, int | None] | None = None
    source: str = ""
    core: Literal["known", "reconstructed"] | None = None
    direction: int | None = None
    aliases: tuple[str, ...] = field(default=())
    version: int = 1
    scale: tuple[Fraction | int, Fraction | int] | None = (0, 0)
    history: int = 0
    ranges: Mapping[str, Range] = field(default_factory=dict)
    of: str = ""

    def __post_init__(self) -> None:
        what = f"factor {self.name!r} ({self.place})"
        check_name(self.name, what, self.of)
        for alias in self.aliases if isinstance(self.aliases, tuple | list) else ():
            if isinstance(alias, str):  # others are refused with the rest of the description
                check_name(alias, f"{what}: alias")

    def parameters(self) -> str:
        """Return the parameters with their values, and what else they may be."""
        said = {name: f" ({self.ranges[name]})" if name in self.ranges else "" for name in self.params}
        return ", ".join(f"{name}={value}{said[name]}" for name, value in self.params.items())

    @property
    def kind(self) -> str:
        """``"factor"`` or ``"shared"``."""
        return "factor"

    def __repr__(self) -> str:
        return f"<factor {self.name}({', '.join(self.inputs)})>"


PAST = "past_"


@dataclass(frozen=True, eq=False)
class ExternalInput(Shared):
    """A name that the input answers, not the stock-day's own bars; its inputs are the fields it is read from.

    `pre_close` and `auction_volume` are values; `past_<field>` is the field's series of as many of the stock's
    last traded days as the factor's `history` says, oldest first and side by side, missing where one is not known.
    """

    @property
    def kind(self) -> str:
        """``"input"``."""
        return "input"


@dataclass(frozen=True, eq=False)
class CrossSection(Shared):
    """A series, a value, or one row for all, made from the series of all traded stocks of a day at once."""

    @property
    def kind(self) -> str:
        """``"across"``."""
        return "across"

    def __repr__(self) -> str:
        return f"<across {self.name}({', '.join(self.inputs)})>"


def external_reason(definition: Definition) -> str:
    """Return what a step reads beyond its stock-day, in words; empty for one that reads nothing of the kind."""
    if isinstance(definition, CrossSection):
        return f"{definition.name} is made of all the day's stocks"
    return f"{definition.name} is not among the day's own bars" if isinstance(definition, ExternalInput) else ""
