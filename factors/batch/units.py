"""What a batch run has before it: the input files, and which of them belong together.

Files that share a day must be computed together, whatever they are called; files that do not are independent, so that
a bad one spoils its own days only. A unit is the smallest such group: one file per day gives one unit per day, a file
per exchange and day gives one unit per day too, a file per stock gives a single unit.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factors.data.sources.paths import find_files
from factors.errors import ArgumentError, FactorsError, InputError

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
DayRange = tuple[str, str]
"""First and last day of a file, ISO dates."""


@dataclass(frozen=True)
class Unit:
    """Input files that are computed together.

    Parameters
    ----------
    files : tuple of Path
        Sorted.
    days : (str, str)
        First and last day.
    """

    files: tuple[Path, ...]
    days: DayRange

    @property
    def label(self) -> str:
        """The day, or the range of days."""
        first, last = self.days
        return first if first == last else f"{first}..{last}"


@dataclass(frozen=True)
class Unreadable:
    """An input file whose days could not be found out, why, and when its days probably are."""

    file: Path
    reason: str
    hint: DayRange | None = None

    @property
    def label(self) -> str:
        """The probable day, or the file's name."""
        return self.hint[0] if self.hint and self.hint[0] == self.hint[1] else self.file.name


def find_inputs(inputs: Paths, store: Path) -> list[Path]:
    """Return the input files of a folder, a glob, a file or a list of these, sorted; the store's own are left out.

    Raises
    ------
    ArgumentError
        If `inputs` is no path.
    InputError
        If there is none.
    """
    listed: list[Any] = [inputs]
    if isinstance(inputs, Iterable) and not isinstance(inputs, str | os.PathLike):
        listed = list(inputs)
    if not all(isinstance(path, str | os.PathLike) and os.fspath(path) for path in listed):
        raise ArgumentError(f"inputs={inputs!r} must be a path, a glob or a list of these.")
    own = store.resolve()
    files = sorted(file for file in find_files(listed) if own not in file.resolve().parents)
    if not files:
        raise InputError(f"{inputs}: the only files there are those of the store {store}.")
    return files


def make_units(
    files: Iterable[Path], days_of: Callable[[Path], DayRange], known: Mapping[str, DayRange] | None = None
) -> tuple[list[Unit], list[Unreadable]]:
    """Group the files into units, in the order of their days.

    Parameters
    ----------
    files : iterable of Path
        Input files.
    days_of : callable
        Returns a file's first and last day, from its content.
    known : mapping, optional
        Days by path from earlier runs, a hint for files that have become unreadable; their names are the other.

    Returns
    -------
    units : list of Unit
        Disjoint in their days.
    unreadable : list of Unreadable
        Files that no unit has.
    """
    dated: list[tuple[DayRange, Path]] = []
    unreadable: list[Unreadable] = []
    for file in files:
        try:
            dated.append((days_of(file), file))
        except (FactorsError, OSError, ValueError) as error:
            reason = str(error) if file.name in str(error) else f"{file}: {error}"
            unreadable.append(Unreadable(file, reason, (known or {}).get(str(file.resolve())) or _day_in_name(file)))
    groups: list[tuple[list[Path], DayRange]] = []
    for (first, last), file in sorted(dated):
        if groups and first <= groups[-1][1][1]:
            members, (start, stop) = groups[-1]
            groups[-1] = ([*members, file], (start, max(stop, last)))
        else:
            groups.append(([file], (first, last)))
    return [Unit(tuple(sorted(members)), days) for members, days in groups], unreadable


def unreadable_on(days: DayRange, unreadable: Iterable[Unreadable]) -> list[Unreadable]:
    """Return the unreadable files that probably hold some of the days, which would lack stocks without them."""
    first, last = days
    return [bad for bad in unreadable if bad.hint is not None and bad.hint[0] <= last and bad.hint[1] >= first]


def _day_in_name(file: Path) -> DayRange | None:
    """Return the day that a file's name speaks of: ``sh_20260105.csv`` gives ``"2026-01-05"`` twice."""
    match = re.search(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)", file.name)
    return ("-".join(match.groups()),) * 2 if match else None
