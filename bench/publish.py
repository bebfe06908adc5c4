"""Results into the repository: ``python -m bench.publish [results.json]``.

A run's results become ``bench/results/<machine>.json``, and the README's tables are made anew from all that is there.
Without an argument only the tables are made.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from bench.report import claims, results
from bench.report.article import MACHINE, SECONDS
from bench.report.machine import sentence, slug
from bench.report.results import Results
from bench.report.text import figure, milliseconds, table

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
README = ROOT / "README.md"
PLACE = re.compile(r"(<!-- bench:(cpu|gpu) -->\n).*?(<!-- /bench -->)", flags=re.DOTALL)


def readme(text: str, folder: Path = RESULTS) -> str:
    """Return the README with the tables between its markers made from the results in a folder."""
    found = [results.read(path) for path in sorted(folder.glob("*.json"))]
    of = {
        "gpu": [one for one in found if "gpu" in one.machine],
        "cpu": [one for one in found if "gpu" not in one.machine],
    }

    def made(place: re.Match[str]) -> str:
        lines = [line for one in of[place[2]] for line in tables(one)]
        return place[1] + "\n" + "\n".join(lines) + ("\n" if lines else "") + place[3]

    return PLACE.sub(made, text)


def tables(found: Results) -> list[str]:
    """Return the README's tables of one machine."""
    lines = [f"{sentence(found.machine)}; {found.date}, `{found.command}`:", ""]
    twelve = sorted(found.group("twelve"), key=lambda one: one["times"])
    gpu = any("seconds" in one for one in twelve)
    head = ["twelve factors, one day in memory", "times fused", *(["time"] if gpu else [])]
    body = [
        [one["row"], figure(one["times"]), *([milliseconds(one["seconds"]) if "seconds" in one else ""] if gpu else [])]
        for one in twelve
    ]
    lines += table(head, body)
    lines += _article(found)
    checked = [(claim, claim.measured(found)) for claim in claims.CLAIMS]
    body = [
        [c.text, c.bound(), figure(value), "yes" if c.holds(value) else "no"]
        for c, value in checked
        if value is not None
    ]
    return [*lines, *table(["promise", "bound", "measured", "holds"], body)]


def _article(found: Results) -> list[str]:
    """Return the article's experiment, a row for each way, ours beside its own."""
    ratios = found.table("article")
    seconds = found.table("article", "seconds")
    ways = list(dict.fromkeys(way for of in (*ratios.values(), *SECONDS.values()) for way in of))
    head = ["one day"]
    for row in ratios:
        head += [f"{row}: reads", f"article, {MACHINE}"]
    body = []
    for way in ways:
        cells = [way]
        for row, of in ratios.items():
            time = f" ({milliseconds(seconds[row][way])})" if way in seconds.get(row, {}) else ""
            theirs = SECONDS.get(row, {}).get(way)
            over = "over " if (theirs or 0) >= 100 else ""
            cells += [figure(of.get(way)) + time, f"{over}{theirs:g} s" if theirs else ""]
        body.append(cells)
    return table(head, body)


def main(path: Path | None) -> None:
    """Keep a run's results, if there is one, and write the README's tables."""
    if path is not None:
        found = results.read(path)
        RESULTS.mkdir(exist_ok=True)
        kept = RESULTS / f"{slug(found.machine)}.json"
        results.write(found, kept)
        print(kept.relative_to(ROOT))
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
