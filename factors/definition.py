"""Factors and shared series: what a definition is, and the registry of their names.

A definition is a function whose argument names say what it reads: fields of the minute bars, shared series, other
values made from them, or `session`. Pruning, ordering, sharing and freeing follow from those names alone.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, overload

from factors.data.rows import FIELDS
from factors.errors import DefinitionError, UnknownFactorError, choice, did_you_mean

Body = Callable[..., Any]

BUILT_IN = (*FIELDS, "traded", "minute", "session")
"""Inputs that are no shared series: the fields, `traded` (mask of minutes with volume), `minute` (1..T), `session`."""

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
    """

    name: str
    body: Body
    inputs: tuple[str, ...]
    params: Mapping[str, Any]
    place: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the definition on arrays, as a plain function."""
        return self.body(*args, **kwargs)

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

    @property
    def kind(self) -> str:
        """``"factor"`` or ``"shared"``."""
        return "factor"

    def __repr__(self) -> str:
        return f"<factor {self.name}({', '.join(self.inputs)})>"


class Registry:
    """All definitions by name; one instance, `REGISTRY`, serves the library."""

    def __init__(self) -> None:
        self.factors: dict[str, Factor] = {}
        self.shared: dict[str, Shared] = {}
        self.aliases: dict[str, str] = {}
        self.ready: Callable[[], None] = lambda: None  # set by factors.library, which fills the registry

    def add(self, new: Definition) -> None:
        """Register a definition; re-running the same cell or file replaces it.

        Raises
        ------
        DefinitionError
            If the name belongs to a field, to a built-in definition or to another file's.
        """
        if new.name in BUILT_IN:
            raise DefinitionError(
                f"{new.kind} {new.name!r} ({new.place}) has the name of an input; give it another name."
            )
        old = self.factors.get(new.name) or self.shared.get(new.name)
        if old is None and new.name in self.aliases:
            old = self.factors[self.aliases[new.name]]
        if old is not None and not _same_place(old, new):
            raise DefinitionError(
                f"{new.kind} {new.name!r} at {new.place} has the name of the {old.kind} at {old.place}. "
                "Give it another name; the first one keeps this."
            )
        self._check_aliases(new, old)
        if isinstance(old, Factor):
            self.aliases = {alias: name for alias, name in self.aliases.items() if name != old.name}
        if old is not None and type(old) is not type(new):
            (self.factors if isinstance(old, Factor) else self.shared).pop(old.name)
        if isinstance(new, Factor):
            self.factors[new.name] = new
            self.aliases.update(dict.fromkeys(new.aliases, new.name))
        elif isinstance(new, Shared):
            self.shared[new.name] = new

    def _check_aliases(self, new: Definition, old: Definition | None) -> None:
        for alias in new.aliases if isinstance(new, Factor) else ():
            taken = alias in BUILT_IN or alias in self.shared or (alias in self.factors and alias != new.name)
            owner = self.aliases.get(alias, "")
            if taken or (owner and (old is None or owner != old.name)):
                raise DefinitionError(
                    f"factor {new.name!r} ({new.place}): the alias {alias!r} is the name of another definition."
                )

    def forget(self, name: str) -> None:
        """Remove a definition of your own.

        Raises
        ------
        UnknownFactorError
            If there is none of that name.
        DefinitionError
            If it is built in.
        """
        old = self.factors.get(name) or self.shared.get(name) or self.factor(name)
        if "factors/library/" in old.file.replace("\\", "/"):
            raise DefinitionError(f"{old.kind} {name!r} is built in and stays.")
        self.factors.pop(old.name, None)
        self.shared.pop(old.name, None)
        self.aliases = {alias: owner for alias, owner in self.aliases.items() if owner != old.name}

    def factor(self, name: str) -> Factor:
        """Return a factor by name or alias.

        Raises
        ------
        UnknownFactorError
            With the closest known name.
        """
        found = self.factors.get(self.aliases.get(name, name))
        if found is None:
            hint = did_you_mean(name, [*self.factors, *self.aliases])
            what = " It is a shared series, not a factor." if name in self.shared else ""
            raise UnknownFactorError(
                f"unknown factor {name!r}.{what}{hint} {len(self.factors)} factors: factors.list()"
            )
        return found

    def input(self, name: str, reader: Definition) -> Shared | None:
        """Return the shared series of this name, or None for a built-in input.

        Raises
        ------
        DefinitionError
            If the name is neither; the message lists what exists.
        """
        if name in BUILT_IN:
            return None
        if name in self.shared:
            return self.shared[name]
        if name in self.factors or name in self.aliases:
            what = f"{name!r} is a factor; a definition reads fields and shared series (make it @shared to reuse it)."
        else:
            what = f"{name!r} is no field and no shared series.{did_you_mean(name, [*BUILT_IN, *self.shared])}"
        raise DefinitionError(
            f"{reader.kind} {reader.name!r} ({reader.place}): argument {what} "
            f"Fields: {', '.join(FIELDS)}; also traded, minute, session. "
            f"Shared series: {', '.join(sorted(self.shared))}."
        )


REGISTRY = Registry()


def _interactive(file: str) -> bool:
    return file.startswith("<") or "ipykernel_" in file or "ipython-input" in file


def _same_place(old: Definition, new: Definition) -> bool:
    return old.file == new.file or (_interactive(old.file) and _interactive(new.file))


def _parts(body: Body) -> dict[str, Any]:
    """Name, inputs, params and place of a definition's function."""
    what = f"{getattr(body, '__name__', body)!r}"
    if not inspect.isfunction(body):
        raise DefinitionError(f"{what} is no plain function; write the definition with def.")
    try:
        signature = inspect.signature(body)
    except (TypeError, ValueError) as error:
        raise DefinitionError(f"{what} is no function of series: {error}.") from None
    inputs: list[str] = []
    params: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise DefinitionError(
                f"definition {what} takes {parameter}; name every series it reads, such as def f(close, volume)."
            )
        if parameter.default is parameter.empty:
            inputs.append(name)
        else:
            params[name] = parameter.default
    if body.__name__ == "<lambda>":
        raise DefinitionError("a definition needs a name: write it with def, not as a lambda.")
    if not inputs:
        raise DefinitionError(f"definition {what} reads nothing: its arguments name the series, such as def f(close).")
    place = f"{body.__code__.co_filename}:{body.__code__.co_firstlineno}"
    return {"name": body.__name__, "body": body, "inputs": tuple(inputs), "params": params, "place": place}


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
) -> Callable[[Body], Factor]: ...
def factor(body: Body | None = None, /, **about: Any) -> Factor | Callable[[Body], Factor]:
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
        if isinstance(function, Definition):
            function = function.body
        known = [f.name for f in fields(Factor) if f.name not in ("name", "body", "inputs", "params", "place")]
        for word in about:
            if word not in known:
                raise choice("@factor: keyword", word, known)
        new = Factor(**_parts(function), **about)
        _check_about(new)
        if new.family not in FAMILIES:
            raise DefinitionError(f"factor {new.name!r}: family={new.family!r} is not one of {', '.join(FAMILIES)}.")
        if not _whole(new.min_bars) or new.min_bars < 1:
            raise DefinitionError(f"factor {new.name!r}: min_bars={new.min_bars!r} must be a whole number, 1 or more.")
        REGISTRY.add(new)
        return new

    return register if body is None else register(body)


def _check_about(new: Factor) -> None:
    """Refuse descriptions of the wrong kind, before they fail far from here."""
    what = f"factor {new.name!r} ({new.place})"
    for word in ("family", "unit", "formula", "source"):
        if not isinstance(getattr(new, word), str):
            raise DefinitionError(f"{what}: {word}={getattr(new, word)!r} must be text.")
    if isinstance(new.aliases, str) or not all(isinstance(a, str) for a in new.aliases):
        raise DefinitionError(f"{what}: aliases={new.aliases!r} must be a tuple of names, such as ('other_name',).")
    if new.core not in (None, "known", "reconstructed") or new.direction not in (None, -1, 1):
        raise DefinitionError(f"{what}: core={new.core!r} or direction={new.direction!r} is not one of its choices.")
    if not _whole(new.version):
        raise DefinitionError(f"{what}: version={new.version!r} must be a whole number.")
    window = new.window
    if window is None:
        return
    right = (
        isinstance(window, tuple)
        and len(window) == 2
        and _whole(window[0])
        and (window[1] is None or _whole(window[1]))
    )
    if not right:
        raise DefinitionError(
            f"{what}: window={window!r} must be (start, stop) in minutes, such as (0, 30) or (-30, None)."
        )


def _whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


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
    new = Shared(**_parts(body.body if isinstance(body, Definition) else body))
    REGISTRY.add(new)
    return new
