"""Tables of ratios from what pytest-benchmark wrote: ``python -m bench.ratios measured.json``.

Times tell about a machine, ratios measured in one run about the code. A group of benchmarks becomes a table if they
put a ``ratio`` into their `extra_info`; the one with a true ``unit`` is what the others were measured against.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def tables(measured: dict[str, Any]) -> str:
    """Return the groups with ratios as Markdown.

    Parameters
    ----------
    measured : dict
        What ``pytest --benchmark-json`` wrote.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in measured["benchmarks"]:
        if "ratio" in one["extra_info"]:
            groups.setdefault(str(one["group"]), []).append(one)
    return "\n".join(line for name, ones in groups.items() for line in _table(name, ones))


def _table(group: str, ones: list[dict[str, Any]]) -> list[str]:
    unit = next((_name(one) for one in ones if one["extra_info"].get("unit")), "the unit")
    rows = []
    for one in sorted(ones, key=lambda one: one["extra_info"]["ratio"]):
        info = one["extra_info"]
        rows.append([_name(one), f"{info['ratio']:.2f}", f"{info['added']:.2f}" if "added" in info else ""])
        if "factors" in info:
            rows.append([f"{_name(one)}, each of {info['factors']}", f"{info['ratio'] / info['factors']:.3f}", ""])
    head = ["", f"times {unit}", "added by it"]
    shown = 3 if any(row[2] for row in rows) else 2
    lines = [f"| {' | '.join(row[:shown])} |" for row in [head, ["---", "---:", "---:"], *rows]]
    return [f"### {group}", "", *lines, ""]


def _name(one: dict[str, Any]) -> str:
    """Write bench_by_hand[2] as "by hand, 2 threads"."""
    name, _, given = str(one["name"]).removeprefix("bench_").removesuffix("]").partition("[")
    if given.isdigit():
        given += " threads" if given != "1" else " thread"
    return ", ".join(part for part in (name.replace("_", " "), given) if part)


if __name__ == "__main__":
    print(tables(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
