"""A room imports rooms below it only, wherever in a file the import stands; the order is this table, top to bottom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = {
    "factors": "cli | doctor batch check reference | compute | catalogue inputs results store | engine |"
    " library loops | data | ops definitions backends toolchain | common | errors",
    "factors/engine": "select | fused loop | cross_section gpu | matrix lowering codegen | schedule planning | ir",
    "factors/data": "simulate reader | conventions | sources | parsing cube | device | blocks | native | rows |"
    " calendar",
}


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
                wrong.append(f"{file.relative_to(ROOT)}:{line} {own} -> {to}")
    assert not wrong, "\n".join(wrong)
