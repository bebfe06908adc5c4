"""What makes a function a verb: on symbols it is recorded, on arrays it runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Symbol:
    """Base of what stands for an array while a definition is traced."""

    def record(self, verb: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the symbol of a verb's result."""
        raise NotImplementedError


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function of arrays a verb."""
    return recorded(function, function.__name__)


def recorded(function: Callable[P, R], name: str) -> Callable[P, R]:
    """Make a function one that is recorded under a name where an argument is a symbol."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        for x in args:
            if isinstance(x, Symbol):
                return x.record(name, args, kwargs)  # type: ignore[no-any-return]
        return function(*args, **kwargs)

    return call
