"""The report of a run as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench.report import claims
from bench.report.article import MACHINE, SECONDS
from bench.report.machine import sentence
from bench.report.results import Results

READ = "A *read* is one streaming read of the day's six fields (5,000 stocks x 240 minutes, float64) by all cores."


def figure(value: float | None) -> str:
    """Write a ratio with three digits."""
    if value is None:
        return ""
    if value >= 1000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return (
        f"{value:.0f}"
        if value >= 100
        else f"{value:.1f}"
        if value >= 10
        else f"{value:.2f}"
        if value >= 0.1
        else f"{value:.3f}"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a Markdown table, the first column to the left."""
    rows = list(rows)
    if not rows:
        return ["Not measured.", ""]
    lines = [f"| {' | '.join(head)} |", f"|{'---|' + '---:|' * (len(head) - 1)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


def cell(entry: dict[str, Any] | None, what: str = "ratio") -> str:
    """Write an entry's figure; of a GPU also its time, and that in the device's own limits."""
    if entry is None or what not in entry:
        return ""
    parts = [milliseconds(entry["seconds"])] if "seconds" in entry else []
    units = {"device_reads": "device reads", "bus_copies": "bus copies"}
    parts += [f"{figure(entry[name])} {unit}" for name, unit in units.items() if name in entry and name != what]
    return figure(entry[what]) + (f" ({', '.join(parts)})" if parts else "")


def milliseconds(seconds: float) -> str:
    """Write a GPU's time."""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms"


def matrix(found: Results, group: str, what: str = "ratio", first: str = "") -> list[str]:
    """Return a group as a table of rows and columns."""
    entries = {(one["row"], one["column"]): one for one in found.group(group)}
    rows, columns = (list(dict.fromkeys(key[i] for key in entries)) for i in (0, 1))
    body = [[row, *(cell(entries.get((row, column)), what) for column in columns)] for row in rows]
    return table([first, *columns], body)


def article(found: Results) -> list[str]:
    """Return the article's experiment: reads, times as fast as the loops, and the article's own figures."""
    lines = []
    for row, ratios in found.table("article").items():
        theirs = SECONDS.get(row, {})
        entries = {one["column"]: one for one in found.group("article") if one["row"] == row}
        body = []
        for column in dict.fromkeys([*ratios, *theirs]):
            entry = entries.get(column, {})
            note = f" ({entry['note']})" if entry.get("note") else ""
            seconds = theirs.get(column)
            over = "over " if (seconds or 0) >= 100 else ""
            faster = ratios["loop, CPU"] / ratios[column] if column in ratios and "loop, CPU" in ratios else None
            same = theirs["loop, CPU"] / seconds if seconds and "loop, CPU" in theirs else None
            quoted = f"{over}{seconds:g} s" if seconds else ""
            body.append([column + note, cell(entry), figure(faster), quoted, "" if over else figure(same)])
        head = [row, "reads", "times as fast as our loops", f"article ({MACHINE})", "times as fast as its loops"]
        lines += table(head, body)
    return lines


def files(found: Results) -> list[str]:
    """Return the files' group as times pandas."""
    ratios = found.table("files")
    columns = list(dict.fromkeys(column for row in ratios.values() for column in row))
    body = [
        [row, *(figure(of.get(c) and of[c] / of["pandas"]) for c in columns)]
        for row, of in ratios.items()
        if "pandas" in of
    ]
    return table(["times pandas", *columns], body)


def crossing(found: Results) -> list[str]:
    """Return from how many stock-days on the GPU is faster than the CPU."""
    lines = []
    for way in ("matrix, GPU", "matrix, GPU, resident", "fused, GPU", "fused, GPU, resident"):
        gpu = along_stock_days(found, way)
        for other in ("matrix, CPU", "fused, CPU") if gpu else ():
            cpu = along_stock_days(found, other)
            faster = [size for size in sorted(gpu) if size in cpu and gpu[size] < cpu[size]]
            told = f"from {faster[0]:,} stock-days on" if faster else f"not up to {max(gpu):,} stock-days"
            lines.append(f"- {way}, faster than {other}: {told}.")
    return [*lines, ""] if lines else ["No GPU was measured, so where it overtakes the CPU is not known here.", ""]


def along_stock_days(found: Results, way: str) -> dict[int, float]:
    """Return a way's cost in reads by the number of stock-days."""
    ones = [one for one in found.group("growth") if one["column"] == way and one["along"] in ("stocks", "days")]
    return {one["at"]["stocks"] * one["at"]["days"]: one["ratio"] for one in ones}


def steps(found: Results) -> list[str]:
    """Return where the time goes, in parts of the whole."""
    ones = [one for one in found.group("end to end") if "steps" in one]
    names = list(ones[0]["steps"]) if ones else []
    body = [[f"{one['row']}, {one['column']}", *(f"{one['steps'][n]:.0%}" for n in names)] for one in ones]
    return table(["share of the time", *names], body)


def promises(found: Results) -> list[str]:
    """Return every claim with its bound and what was measured."""
    body = []
    for claim in claims.CLAIMS:
        value = claim.measured(found)
        verdict = "not measured here" if value is None else "holds" if claim.holds(value) else "missed"
        body.append([claim.text, claim.bound(), figure(value), verdict])
    return table(["", "bound", "measured", ""], body)


def report(found: Results) -> str:
    """Return the whole report as Markdown."""
    lines = [f"# Measured {found.date}", "", f"{sentence(found.machine)}. `{found.command}`. {READ}", ""]
    lines += ["## What is promised", "", *promises(found)]
    lines += ["## What the article observed", ""]
    lines += table(["article", "here"], claims.observations(found))
    lines += ["## The limits, in reads", "", *matrix(found, "limits")]
    lines += ["## Twelve factors, times the fused engine on all cores", "", *matrix(found, "twelve", "times")]
    lines += ["## The article's experiment", "", *article(found)]
    lines += ["## Each factor by itself, in reads", "", *matrix(found, "each")]
    lines += ["## Reading, preparing, exporting", "", *files(found)]
    lines += ["## Growth, in reads of one day of 5,000 stocks", "", *matrix(found, "growth"), *crossing(found)]
    lines += [
        "## End to end, times pyarrow's reading of the file",
        "",
        *matrix(found, "end to end", "times"),
        *steps(found),
    ]
    lines += ["## Importing the library, times NumPy", "", *matrix(found, "import", "times")]
    if found.group("device"):
        lines += ["## A GPU at its best, in reads by the device", "", *matrix(found, "device", "device_reads")]
    lines += ["## Not measured", "", *(f"- {why}: {', '.join(names)}" for why, names in found.skipped.items()), ""]
    return "\n".join(lines)
