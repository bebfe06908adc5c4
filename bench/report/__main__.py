"""The report of a run: ``python -m bench.report measured.json FOLDER`` writes results.json, report.md and pictures."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.report import results, text


def main(measured: Path, folder: Path) -> None:
    """Write results, report and pictures into a folder."""
    from bench.report import pictures

    found = results.collect(json.loads(measured.read_text(encoding="utf-8")))
    results.write(found, folder / "results.json")
    (folder / "report.md").write_text(text.report(found), encoding="utf-8")
    pictures.draw(found, folder)
    print(f"{folder}/report.md, results.json and pictures: {', '.join(sorted(p.name for p in folder.glob('*.png')))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
