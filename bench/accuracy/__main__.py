"""Measure and write the page: ``python -m bench.accuracy docs/accuracy.md``; fails if a promise is broken."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bench.accuracy.bounds import broken
from bench.accuracy.days import hostile
from bench.accuracy.measure import REFERENCES, engine, measure
from bench.accuracy.page import page


def main(file: Path) -> int:
    """Write the page and say what is broken."""
    from tests.support.devices.shim import ShimBackend

    begin = time.perf_counter()
    engines = {name: engine(name) for name in ("loop", "matrix", "fused")} | {
        "CUDA text": engine("fused", ShimBackend())
    }
    measured = measure(hostile(), list(REFERENCES), engines)
    seconds = time.perf_counter() - begin
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(page(measured), encoding="utf-8")
    wrong = broken(measured)
    print("\n".join([*wrong, f"{file}: {len(measured.cases)} values in {seconds:.0f} s, {len(wrong)} promises broken"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
