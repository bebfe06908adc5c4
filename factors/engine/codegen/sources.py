"""A program as text: with the names of the files it includes, or with a device's files in it."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from factors.engine.codegen.program import Program
from factors.toolchain.compiler import build_text

KERNEL = Path(__file__).with_name("kernel")

INCLUDE = re.compile(r'^#include "(\w+)\.h"$', re.MULTILINE)
"""A file of the kernel folder, named in another."""


class Headers:
    """The files of a device, each once.

    Parameters
    ----------
    lanes : int
        Stocks beside each other in the storage.
    device : {"cpu", "gpu"}
        The device.
    """

    def __init__(self, lanes: int, device: str) -> None:
        self._head = {"lanes": f"#define LANES {lanes}\n"}
        self._files = {"lanes": (f"lanes_{device}.h", "common.h"), "run": (f"run_{device}.h",)}
        self._seen: set[str] = set()

    def include(self, name: str) -> str:
        """Return the content of a header, and of those that it includes."""
        if name in self._seen:
            return ""
        self._seen.add(name)
        files = [(KERNEL / file).read_text(encoding="utf-8") for file in self._files.get(name, (f"{name}.h",))]
        return self._head.get(name, "") + "".join(INCLUDE.sub(lambda line: self.include(line[1]), x) for x in files)


def head(program: Program, include: Callable[[str], str]) -> str:
    """Return what stands before the steps."""
    defines = [f"#define {name} {value}" for name, value in program.defines.items()]
    return "\n".join([*defines, *map(include, ("lanes", *program.headers)), "", ""])


def text(program: Program) -> str:
    """Return a program as one text that includes the files of whatever device."""
    return _whole(program, lambda name: f'#include "{name}.h"')


def cpp(program: Program, lanes: int) -> str:
    """Return a program for a CPU as one text that stands for itself."""
    return _whole(program, Headers(lanes, "cpu").include)


def _whole(program: Program, include: Callable[[str], str]) -> str:
    before = head(program, include)
    return "".join([before, *(step.text() for step in program.functions), program.entry.text(), include("run"), "\n"])


def units(program: Program, lanes: int, number: int) -> list[str]:
    """Return a program for a CPU as so many translation units of about the same length: some of the steps each."""
    if number < 2 or len(program.functions) <= number:
        return [cpp(program, lanes)]
    headers = Headers(lanes, "cpu")
    before = head(program, headers.include)
    steps = [step.text("SHARED") for step in program.functions]
    groups: list[list[str]] = [[] for _ in range(number)]
    for step in sorted(steps, key=len, reverse=True):
        min(groups, key=lambda group: sum(map(len, group))).append(step)
    declared = "".join(step.declaration("SHARED") + ";\n" for step in program.functions)
    entry = declared + program.entry.text() + headers.include("run") + "\n"
    return [before + (entry if n == 0 else "") + "".join(group) for n, group in enumerate(groups)]


def file_text(name: str, lanes: int) -> str:
    """Return a file of the kernel folder that stands for itself, for a CPU."""
    headers = Headers(lanes, "cpu")
    return "\n".join(["#define T 0", headers.include("lanes"), headers.include(name), ""])


def build_file(name: str, lanes: int) -> ctypes.CDLL:
    """Return a file of the kernel folder as a loaded library; as `build` otherwise."""
    return build_text(file_text(name, lanes))


def build(program: Program, lanes: int) -> ctypes.CDLL:
    """Return a program as a loaded library, compiled unless the cache has it.

    Raises
    ------
    CompilerError
        If there is no compiler, or it fails; the message has its last lines.
    """
    return build_text(cpp(program, lanes), partial(units, program, lanes))
