"""From what pytest-benchmark wrote to the results: one entry a measurement, small enough to be kept in the repository.

Times on a CPU stay behind: they tell about a machine, ratios measured in one run about the code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GROUPS = ("limits", "article", "each", "files", "growth", "end to end", "twelve", "device")
KEPT = (
    "ratio",
    "times",
    "seconds",
    "device_reads",
    "bus_copies",
    "gigabytes",
    "factors",
    "note",
    "unit",
    "steps",
    "along",
    "at",
)


@dataclass(frozen=True)
class Results:
    """The measurements of one run.

    Attributes
    ----------
    machine : dict
        As of `bench.report.machine.describe`.
    date : str
        The day they were made.
    command : str
        What made them.
    entries : list of dict
        Each with `group`, `row`, `column` and `ratio` (times a read of the six-field day); some with `times` (times the
        group's own unit), and those of a GPU with `seconds` and `device_reads`.
    skipped : dict of str to list of str
        What was not measured, by reason.
    """

    machine: dict[str, Any]
    date: str
    command: str
    entries: list[dict[str, Any]]
    skipped: dict[str, list[str]]

    def group(self, name: str) -> list[dict[str, Any]]:
        """Return a group's entries in the order measured."""
        return [one for one in self.entries if one["group"] == name]

    def value(self, group: str, row: str, column: str, what: str = "ratio") -> float | None:
        """Return one figure; None if it was not measured."""
        for one in self.group(group):
            if (one["row"], one["column"]) == (row, column) and what in one:
                return float(one[what])
        return None

    def table(self, group: str, what: str = "ratio") -> dict[str, dict[str, float]]:
        """Return a group's figures by row and column."""
        found: dict[str, dict[str, float]] = {}
        for one in self.group(group):
            if what in one:
                found.setdefault(one["row"], {})[one["column"]] = one[what]
        return found


def collect(measured: dict[str, Any]) -> Results:
    """Return the results in what ``pytest --benchmark-json`` wrote."""
    entries = []
    for one in measured["benchmarks"]:
        info = one["extra_info"]
        if "ratio" in info:
            kept = {name: _rounded(info[name]) for name in KEPT if info.get(name) not in (None, "", False)}
            if info.get("unit"):  # what the others are told in, and not what it measures against itself
                kept[info["unit"]] = 1.0
            entries.append({"group": one["group"], "row": info["row"], "column": info["column"], **kept})
    entries.sort(key=lambda one: GROUPS.index(one["group"]))
    command = "pytest --benchmark-only" + (" --full" if measured["full"] else "")
    return Results(measured["measured_on"], measured["datetime"][:10], command, entries, _brief(measured["skipped"]))


def read(path: Path) -> Results:
    """Return the results in a file."""
    return Results(**json.loads(path.read_text(encoding="utf-8")))


def write(results: Results, path: Path) -> None:
    """Write results, one entry a line."""
    head = {name: getattr(results, name) for name in ("machine", "date", "command", "skipped")}
    text = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    lines = ",\n".join("  " + json.dumps(one, ensure_ascii=False) for one in results.entries)
    path.write_text(f'{text},\n "entries": [\n{lines}\n ]\n}}\n', encoding="utf-8")


def _brief(skipped: dict[str, list[str]]) -> dict[str, list[str]]:
    """Name what was skipped by file and function, each once."""
    return {reason: sorted({name.partition("[")[0] for name in names}) for reason, names in sorted(skipped.items())}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    return float(f"{value:.4g}") if isinstance(value, float) else value
