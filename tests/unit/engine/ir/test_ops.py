"""The table of operations: all that a lowering can make is in it, and all that is in it can be made and emitted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import factors
from factors.engine.codegen.sources import KERNEL
from factors.engine.ir.ops import OPS, Elementwise, KernelCall, Reduction, Running

ENGINE = Path(factors.__file__).parent / "engine"
MAKERS = {"add", "call", "elementwise", "moved", "reduced", "running", "_offset", "_plain", "_with"}
"""Functions whose first argument names the operation that they make."""
WRITTEN = [op for op in OPS.values() if isinstance(op, Elementwise | Running | Reduction)]


def made() -> Iterator[tuple[str, str]]:
    """Yield the operations that the engine's own code makes, each with its place."""
    for file in [path for path in sorted(ENGINE.rglob("*.py")) if path.name != "ops.py"]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = node.args[0]
            if name in MAKERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, f"{file.name}:{node.lineno}"


def test_every_operation_that_is_made_is_in_the_table() -> None:
    found = dict(made())
    assert len(found) > 60
    assert {name: place for name, place in found.items() if name not in OPS} == {}


@pytest.mark.parametrize("op", WRITTEN, ids=lambda op: op.name)
def test_every_operation_has_its_text(op: Elementwise | Running | Reduction) -> None:
    if isinstance(op, Elementwise):
        lines = [op.c]
    elif isinstance(op, Running):
        lines = [op.update]
    else:
        lines = [*op.update, op.every_minute]
    names = {"a": "a1", "b": "b1", "x": "x2", "mask": "x3"}
    assert lines[0]
    for line in lines:
        assert "{" not in line.format("x1", "x2", "x3", **names)


@pytest.mark.parametrize("op", [op for op in OPS.values() if isinstance(op, KernelCall)], ids=lambda op: op.name)
def test_every_call_has_its_function(op: KernelCall) -> None:
    text = (KERNEL / f"{op.header}.h").read_text(encoding="utf-8")
    head = re.search(rf"^STEP (\w+) k_{op.name}\((.*?)\) {{", text, re.MULTILINE | re.DOTALL)
    assert head is not None
    assert head[1] == ("void" if op.returns == "series" else "V")
    assert head[2].count("Col ") == op.series
