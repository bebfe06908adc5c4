"""Variants: a factor with other values for its parameters is a factor of its own."""

from __future__ import annotations

import ast
import re
import sys
from dataclasses import replace
from typing import Any

from factors.common.checks import is_whole, whole_number
from factors.definitions.decorators import REGISTRY, Factor
from factors.definitions.names import VARIANT
from factors.definitions.ranges import SHARE, Range, whole
from factors.errors import ArgumentError, UnknownFactorError, choice

_FRACTION = re.compile(r"\d+/[1-9]\d*")


def variant(factor: str | Factor, /, *, name: str | None = None, min_bars: int | None = None, **changes: Any) -> Factor:
    """Make a new factor of an existing one, with other parameters.

    Parameters
    ----------
    factor : str or Factor
        The factor to start from; `factors.describe` lists its parameters.
    name : str, optional
        Name, and column, of the new factor. Default: the old one's with what is changed, such as
        ``"cum_return_top30_order[share=1/5]"``; by that name `factors.compute` knows every variant, made or not.
    min_bars : int, optional
        Traded bars it needs, if not as many as the old one.
    **changes
        New values of parameters. A share is given as ``"1/5"``, a Fraction or a decimal.

    Returns
    -------
    Factor
        Registered: usable by its name or as an object. A factor whose window spans `minutes` minutes from the open or
        to the close has it moved along with them.

    Raises
    ------
    UnknownFactorError
        If the factor is unknown.
    ArgumentError
        If it has no such parameter, or the value is none that it may have (`Factor.ranges`).

    Examples
    --------
    >>> import factors
    >>> factors.variant("return_last_30min", minutes=20).name
    'return_last_30min[minutes=20]'
    """
    base = REGISTRY.factor(factor) if isinstance(factor, str) else factor
    if not isinstance(base, Factor):
        raise ArgumentError(f"variant({factor!r}): pass a factor's name or a Factor.")
    root = REGISTRY.factor(base.of) if base.of else base
    if not root.params:
        raise ArgumentError(f"factor {base.name!r} has no parameters, so there are no variants of it.")
    for word in changes:
        if word not in root.params:
            raise choice(f"variant({base.name!r}): parameter", word, list(root.params))
    about = f"variant({base.name!r})"
    if min_bars is not None:
        whole_number(f"{about}: min_bars={min_bars!r}", min_bars)
    params = {**base.params, **{word: _canonical(about, root, word, value) for word, value in changes.items()}}
    bars = base.min_bars if min_bars is None else min_bars
    changed = {word: value for word, value in sorted(params.items()) if value != root.params[word]}
    if bars != root.min_bars:
        changed["min_bars"] = bars
    if not changed:
        return root
    if name is None:
        name = f"{root.name}[{','.join(f'{word}={value}' for word, value in changed.items())}]"
    elif not isinstance(name, str) or not name.isidentifier():
        raise ArgumentError(f"{about}: name={name!r} must be a name such as {root.name}_short.")
    old = REGISTRY.factors.get(name)
    if old is not None and (old.of, dict(old.params), old.min_bars) == (root.name, params, bars):
        return old
    window = _moved_window(root, params)
    if window is not None and 0 <= (room := (window[1] or 0) - window[0]) < bars:
        raise ArgumentError(
            f"{about}: {base.name} needs {bars} traded bars, and its window of {room} minutes cannot have so "
            "many. Pass min_bars= too."
        )
    new = replace(
        root, name=name, params=params, min_bars=bars, window=window, of=root.name, core=None, aliases=(),
        place=_caller(),
    )  # fmt: skip
    REGISTRY.add(new)
    return new


def variant_named(name: str) -> Factor | None:
    """Return the variant that a name such as ``"return_last_30min[minutes=20]"`` stands for; None if it is none.

    Raises
    ------
    UnknownFactorError, ArgumentError
        As `variant`.
    """
    match = VARIANT.fullmatch(name)
    if match is None:
        return None
    changes: dict[str, Any] = {}
    for part in match["changes"].split(","):
        word, equals, text = part.strip().partition("=")
        if not equals or not word.isidentifier():
            raise UnknownFactorError(f"unknown factor {name!r}: write a variant as 'name[parameter=value]'.")
        changes[word] = _value(text.strip())
    bars = changes.pop("min_bars", None)
    return variant(match["of"], min_bars=bars, **changes)


def _value(text: str) -> Any:
    if _FRACTION.fullmatch(text):
        return text
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):  # of text that is no plain value
        return text


def _canonical(about: str, root: Factor, word: str, value: Any) -> Any:
    """Return a value in the form of the default: a fraction as text, a number as a number."""
    default = root.params[word]
    allowed = root.ranges.get(word) or _range_like(default)
    found = allowed.read(value)
    if found is None:
        raise ArgumentError(f"{about}: {word}={value!r}: {word} is {allowed}.")
    return float(found) if isinstance(default, float) else found


def _range_like(default: Any) -> Range:
    """Return the range of a parameter of which none is said: what is of the default's kind."""
    if isinstance(default, str) and _FRACTION.fullmatch(default):
        return SHARE
    if is_whole(default):
        return whole(1)
    kind = (int, float) if isinstance(default, float) else type(default)

    def read(value: Any) -> Any:
        return value if isinstance(value, kind) and isinstance(value, bool) == isinstance(default, bool) else None

    what = {float: "a number", str: "text"}.get(type(default), f"a {type(default).__name__}")
    return Range(f"{what}, such as {default!r}", default, read, (default, default))


def _moved_window(root: Factor, params: dict[str, Any]) -> tuple[int, int | None] | None:
    """Return the window with the edges that `minutes` set where the new value sets them."""
    old = root.params.get("minutes")
    if root.window is None or old is None:
        return root.window
    new = params["minutes"]
    start, stop = ({old: new, -old: -new}.get(edge, edge) if edge is not None else None for edge in root.window)
    assert start is not None
    return start, stop


def _caller() -> str:
    """Return file and line of whoever asked for the variant, outside this library."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("factors."):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


REGISTRY.makers.append(variant_named)
