"""Every exception the library raises on purpose.

Each message names what was found, what exists and what to do; `FactorsError` catches them all. The command line
prints the message alone, without a traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FactorsError(Exception):
    """Base class of the library's own errors."""


class UnknownFactorError(FactorsError, KeyError):
    """A factor name that is not in the registry."""

    def __str__(self) -> str:  # KeyError would print the message's repr
        return str(self.args[0]) if self.args else ""


class DefinitionError(FactorsError, ValueError):
    """A definition that cannot be used: an argument that is no field, a cycle, a wrong shape."""


class MissingFieldError(FactorsError, ValueError):
    """The input lacks a column that is needed, or two columns claim one field."""


class InputError(FactorsError, ValueError):
    """Minute bars that cannot be understood: empty, unreadable, wrongly typed, no known container."""


class TimeError(InputError):
    """Bar times that cannot be placed: mixed zones, outside the session, ambiguous label side."""


class DuplicateBarsError(InputError):
    """Two different bars for one symbol and minute."""


class ArgumentError(FactorsError, ValueError):
    """An argument outside its choices."""


class BackendUnavailable(FactorsError, RuntimeError):
    """A device that was asked for by name and cannot be used."""


class CompilerError(FactorsError, RuntimeError):
    """No C++ compiler for the fused engine, or one that fails."""


class StoreError(FactorsError, RuntimeError):
    """A store that cannot be read or written as asked."""


class StoreLocked(StoreError):
    """Another run holds the store."""


class CheckFailed(FactorsError, AssertionError):
    """A factor and its loop disagree."""


class NotInSession(Exception):
    """A window, minute or lunch break that this session does not have; the factor is then NaN for its days."""


class InputWarning(UserWarning):
    """Something about the input that is worth a look: an unusual unit, a contradiction, many impossible values."""


class MissingFieldWarning(UserWarning):
    """Factors that are NaN because the input lacks a field they read."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``" Did you mean 'x'?"`` for the closest known name, or an empty string."""
    names = list(known)
    exact = [k for k in names if k.lower() == name.lower()]
    close = exact or difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


def choice(argument: str, value: object, choices: Iterable[str]) -> ArgumentError:
    """Build the error for an argument that takes one of a few words."""
    names = [str(c) for c in choices]
    hint = did_you_mean(str(value), names)
    return ArgumentError(f"{argument}={value!r} is not one of {', '.join(map(repr, names))}.{hint}")
