"""Checks of arguments that several rooms make, with one message each."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import TypeGuard

from factors.errors import ArgumentError, FactorsError, choice


def is_whole(value: object, least: int | None = None) -> TypeGuard[int]:
    """Whether a value is a whole number, of `least` at least; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and (least is None or value >= least)


def is_share(value: object) -> TypeGuard[float]:
    """Whether a value is a number from 0 to 1; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool) and value <= 1 and not value < 0


def whole_number(
    what: str, value: object, least: int = 1, *, of: str = "", error: type[FactorsError] = ArgumentError
) -> int:
    """Return a whole number, or raise an error that begins with `what`.

    Parameters
    ----------
    what : str
        Which argument it is, with its value: ``"threads=0"``.
    value : object
        The value.
    least : int
        The smallest that will do.
    of : str
        What it counts, where the message should say so.
    error : type
        Kind of the error.
    """
    if not is_whole(value, least):
        unit = f" of {of}" if of else ""
        raise error(f"{what} must be a whole number{unit}, {least} or more.")
    return value


def one_of(argument: str, value: object, choices: Iterable[str]) -> None:
    """Refuse a value that is none of a few words, of whatever kind it is."""
    words = tuple(choices)
    if value not in words:
        raise choice(argument, value, words)
