"""Emitted text with the headers of a device in it."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

from factors.toolchain.compiler import build_text

KERNEL = Path(__file__).with_name("kernel")


INCLUDE = re.compile(r'^#include "(\w+)\.h"$', re.MULTILINE)
"""A header of the kernel folder, named in emitted text."""


def source(text: str, lanes: int, device: str = "cpu") -> str:
    """Return the emitted text with a device's headers in it, each once, so that it stands for itself."""
    files = {"lanes": (f"lanes_{device}.h", "common.h"), "run": (f"run_{device}.h",)}
    seen: set[str] = set()

    def put(line: re.Match[str]) -> str:
        name = line[1]
        if name in seen:
            return ""
        seen.add(name)
        head = f"#define LANES {lanes}\n" if name == "lanes" else ""
        return head + "".join(INCLUDE.sub(put, _header(file)) for file in files.get(name, (f"{name}.h",)))

    return INCLUDE.sub(put, text)


def _header(name: str) -> str:
    return (KERNEL / name).read_text(encoding="utf-8")


def build(text: str, lanes: int) -> ctypes.CDLL:
    """Return the emitted text as a loaded library, compiled unless the cache has it.

    Raises
    ------
    CompilerError
        If there is no compiler, or it fails; the message has its last lines.
    """
    return build_text(source(text, lanes))
