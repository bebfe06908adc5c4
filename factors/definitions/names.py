"""Names of definitions: a factor's becomes a column, a word of the command line and an argument's name."""

from __future__ import annotations

import re
import unicodedata

from factors.errors import DefinitionError

TAKEN = ("date", "datetime", "time", "symbol", "index", "columns", "level_0", "level_1", "core", "all")
"""Names no factor can have, however they are spelled: the columns beside the factors, and words that choose factors."""

VARIANT = re.compile(r"(?P<of>\w+)\[(?P<changes>[^\[\]]+)\]")
"""A variant's name, where none is given."""


def check_name(name: object, what: str, of: str = "") -> None:
    """Refuse a name that is none, or that would replace a column of the results.

    Parameters
    ----------
    name : object
        The name.
    what : str
        What it is the name of, for the message.
    of : str
        Name of the factor of which it is a variant: its name may then be followed by what is changed, in brackets.

    Raises
    ------
    DefinitionError
        If it cannot be one.
    """
    if not isinstance(name, str):
        raise DefinitionError(f"{what}: the name {name!r} is no text.")
    parts = VARIANT.fullmatch(name) if of else None
    right = name.isidentifier() if parts is None else parts["of"] == of and name.isprintable()
    if not right:
        raise DefinitionError(
            f"{what}: {name!r} is no name. Name it as a function is named: letters, digits and underscores, no blank."
        )
    if unicodedata.normalize("NFKC", name).casefold() in TAKEN:
        raise DefinitionError(
            f"{what}: the name {name!r} is taken: results have a column, or factors= a word, of that name. Give it "
            f"another, such as {name}_1."
        )
