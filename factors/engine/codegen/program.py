"""What an emitter makes: a program in parts, which the files of a device are put around."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Function:
    """A step of a program, as a C++ function.

    Attributes
    ----------
    name : str
        Its name.
    parameters : str
        Its parameters, as C++ declares them.
    body : str
        Its lines, each with its end.
    """

    name: str
    parameters: str
    body: str

    def text(self, linkage: str = "STEP") -> str:
        """Return its definition, and an empty line."""
        return f"{self.declaration(linkage)} {{\n{self.body}}}\n\n"

    def declaration(self, linkage: str = "STEP") -> str:
        """Return its head."""
        return f"{linkage} void {self.name}({self.parameters})"


@dataclass(frozen=True)
class Line:
    """A line of the block, which calls the steps in their order.

    Attributes
    ----------
    text : str
        The line.
    function : str
        The step it calls; empty for a function of the kernel folder, and for what writes an output.
    """

    text: str
    function: str = ""


@dataclass(frozen=True, eq=False)
class Program:
    """What is computed of a block of stocks, in C++ over the lane type V; no part of it knows the device.

    Attributes
    ----------
    minutes : int
        Minutes of the session.
    stored, values : int
        Series in scratch memory and values kept of a stock-day.
    outputs : int
        Results of a stock-day.
    fields : int
        Fields of the storage.
    stage_series : int or None
        Series that lie beside the storage for stages; None where nothing does.
    headers : tuple of str
        Files of the kernel folder that it calls, but for the one that is always there.
    functions : tuple of Function
        Its steps.
    block : tuple of Line
        What calls them.
    """

    minutes: int
    stored: int
    values: int
    outputs: int
    fields: int
    stage_series: int | None
    headers: tuple[str, ...]
    functions: tuple[Function, ...]
    block: tuple[Line, ...]

    @property
    def defines(self) -> dict[str, int]:
        """What the files of a device are told of it."""
        staged = {} if self.stage_series is None else {"GIVEN": self.stage_series}
        sizes = {"T": self.minutes, "STORED": self.stored, "VALUES": max(1, self.values), "FIELDS": self.fields}
        return sizes | staged

    @property
    def entry(self) -> Function:
        """The block as a function."""
        beside = "" if self.stage_series is None else BESIDE
        parameters = f"const double* f, double* s, V* v, long fs, double* out, long row{beside}"
        return Function("block", parameters, lines(line.text for line in self.block))

    @cached_property
    def digest(self) -> str:
        """Return what tells its text from that of others."""
        parts = [*map(str, self.defines.items()), *self.headers]
        parts += [function.text() for function in (*self.functions, self.entry)]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def lines(texts: Iterable[str]) -> str:
    """Return lines with their ends."""
    return "".join(f"{text}\n" for text in texts)


BESIDE = ", double* g, const double* p"
"""Parameters of what reads or writes beside the storage."""
