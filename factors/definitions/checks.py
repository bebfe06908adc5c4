"""What a definition must be, checked where it is made: a failure far from there would be hard to place."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from factors.common.checks import is_whole, whole_number
from factors.definitions.kinds import FAMILIES, Body, Definition, Factor
from factors.definitions.ranges import Range
from factors.errors import DefinitionError


def parts_of(body: Body) -> dict[str, Any]:
    """Return what a definition is made of, from its function or from another definition of it."""
    if isinstance(body, Definition):
        body = body.body
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
    builtin = str(body.__globals__.get("__name__")).startswith("factors.library.")  # where it runs, not what it says
    return {
        "name": body.__name__, "body": body, "inputs": tuple(inputs), "params": params, "place": place,
        "builtin": builtin,
    }  # fmt: skip


def check_description(new: Factor) -> None:
    """Refuse descriptions of the wrong kind, before they fail far from here."""
    what = f"factor {new.name!r} ({new.place})"
    for word in ("family", "unit", "formula", "source"):
        if not isinstance(getattr(new, word), str):
            raise DefinitionError(f"{what}: {word}={getattr(new, word)!r} must be text.")
    if isinstance(new.aliases, str) or not all(isinstance(a, str) for a in new.aliases):
        raise DefinitionError(f"{what}: aliases={new.aliases!r} must be a tuple of names, such as ('other_name',).")
    if new.core not in (None, "known", "reconstructed") or new.direction not in (None, -1, 1):
        raise DefinitionError(f"{what}: core={new.core!r} or direction={new.direction!r} is not one of its choices.")
    if not is_whole(new.version):
        raise DefinitionError(f"{what}: version={new.version!r} must be a whole number.")
    if new.family not in FAMILIES:
        raise DefinitionError(f"{what}: family={new.family!r} is not one of {', '.join(FAMILIES)}.")
    whole_number(f"{what}: min_bars={new.min_bars!r}", new.min_bars, error=DefinitionError)
    whole_number(f"{what}: history={new.history!r}", new.history, 0, of="days", error=DefinitionError)
    _check_scale(new, what)
    _check_ranges(new, what)
    window = new.window
    if window is None:
        return
    right = (
        isinstance(window, tuple)
        and len(window) == 2
        and is_whole(window[0])
        and (window[1] is None or is_whole(window[1]))
    )
    if not right:
        raise DefinitionError(
            f"{what}: window={window!r} must be (start, stop) in minutes, such as (0, 30) or (-30, None)."
        )


def _check_ranges(new: Factor, what: str) -> None:
    if not isinstance(new.ranges, Mapping):
        raise DefinitionError(f"{what}: ranges={new.ranges!r} must say a range by parameter, {{'block': whole(2)}}.")
    for name, allowed in new.ranges.items():
        if name not in new.params:
            known = ", ".join(new.params) or "none"
            raise DefinitionError(f"{what}: ranges: {name!r} is not one of its parameters: {known}.")
        if not isinstance(allowed, Range):
            raise DefinitionError(f"{what}: ranges: {name}={allowed!r} must be a Range, such as whole(2) or SHARE.")
        if allowed.read(new.params[name]) is None:
            raise DefinitionError(f"{what}: {name}={new.params[name]!r}: {name} is {allowed}.")


def _check_scale(new: Factor, what: str) -> None:
    right = isinstance(new.scale, tuple) and len(new.scale) == 2
    if new.scale is not None and not (right and all(is_whole(e) or isinstance(e, Fraction) for e in new.scale)):
        raise DefinitionError(
            f"{what}: scale={new.scale!r} must be the exponents of price and volume, such as (1, 0), or None."
        )
