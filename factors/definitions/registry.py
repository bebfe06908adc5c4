"""The registry: every definition by its name."""

from __future__ import annotations

from collections.abc import Callable

from factors.common.fields import FIELDS
from factors.definitions.kinds import Definition, Factor, Shared
from factors.errors import DefinitionError, UnknownFactorError, did_you_mean

BUILT_IN = (*FIELDS, "traded", "minute", "session")
"""Inputs that are no shared series: the fields, `traded` (mask of minutes with volume), `minute` (1..T), `session`."""


class Registry:
    """All definitions by name; one instance, `REGISTRY`, serves the library."""

    def __init__(self) -> None:
        self.factors: dict[str, Factor] = {}
        self.shared: dict[str, Shared] = {}
        self.aliases: dict[str, str] = {}
        self.makers: list[Callable[[str], Factor | None]] = []  # of factors that are made when their name is asked for

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
        if old.builtin and not (isinstance(old, Factor) and old.of):  # a variant is the user's, of whatever factor
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
        found = self.factors.get(self.aliases.get(name, name)) or next(
            filter(None, (make(name) for make in self.makers)), None
        )
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
