"""A room imports rooms below it only, wherever in a file the import stands; the order is this table, top to bottom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = {
    "factors": "cli | doctor batch check reference | compute | catalogue frame readback | store | files | engine |"
    " library loops | data | variant | definition | registry definition_checks | definition_kinds |"
    " ops backends | threads errors",
}
KNOWN = {
    "batch/identity -> __version__", "cli -> __version__", "cli -> warmup", "doctor -> __version__",
    "frame -> __version__",
    "reference/__init__ -> factors", "backends/card -> data", "ops/across -> backends", "ops/across -> data",
    "ops/reductions -> data", "registry -> data", "registry -> variant", "threads -> backends",
    "data/cube -> engine", "data/on_card -> engine", "data/native/__init__ -> engine", "engine/market -> compute",
    "library/neighbours_shared -> engine", "store -> readback",
}  # fmt: skip
"""Arrows that still run upwards, to be cut."""


def imports(file: Path) -> Iterator[tuple[int, str]]:
    """Every import of this package in a file: at the top, in functions, under TYPE_CHECKING."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{a.name}" for a in node.names]
        yield from ((node.lineno, name) for name in names if name.split(".")[0] == "factors")


@pytest.mark.parametrize("folder", LAYERS)
def test_arrows_run_downwards(folder: str) -> None:
    level = {room: k for k, floor in enumerate(LAYERS[folder].split("|")) for room in floor.split()}
    depth, wrong = folder.count("/") + 1, []
    for file in sorted((ROOT / folder).rglob("*.py")):
        own = file.relative_to(ROOT / folder).with_suffix("").parts[0]
        for line, name in imports(file) if own in level else ():
            parts = name.split(".")
            inside = "/".join(parts[:depth]) == folder and len(parts) > depth
            to = parts[depth] if inside else "factors" if len(parts) == 1 else own
            if to != own and level.get(to, -1) <= level[own]:  # the front door, and what is not in the table, is above
                known = f"{file.relative_to(ROOT / folder).with_suffix('')} -> {to}"
                wrong.append("" if known in KNOWN else f"{file.relative_to(ROOT)}:{line} {own} -> {to}")
    assert not any(wrong), "\n".join(wrong)
