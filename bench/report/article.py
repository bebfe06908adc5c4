"""What the source article reports, as it reports it: its factors, its times on its machine, its observations."""

from __future__ import annotations

from factors.catalogue import resolve
from factors.definitions.decorators import Factor

MACHINE = "i9-10980XE and RTX 3090"

CORE: list[Factor] = list(resolve("core").values())
REWRITTEN: list[Factor] = [
    *[f for f in CORE if f.core == "known"],
    *[f for f in CORE if f.core != "known"][:7],
]
"""Stand for the 22 factors that the article rewrote from loops to matrices and does not all name: the 15 core factors
that it names, and the first 7 of the others in the catalogue's order."""

SETS: dict[str, list[Factor]] = {f"{len(REWRITTEN)} rewritten factors": REWRITTEN, f"all {len(CORE)} factors": CORE}

SECONDS: dict[str, dict[str, float]] = {
    "22 rewritten factors": {"loop, CPU": 12.34, "loop, GPU": 100.0, "matrix, CPU": 0.67, "matrix, GPU": 0.11},
    "all 50 factors": {"matrix, CPU": 0.91, "matrix, GPU": 0.16},
}
"""One day; of the loops on the GPU the article says "over 100 s"."""

TWO_POINTS = ("return_intraday", "return_improved", "return_last_30min")
"""Read two prices: the article finds no gain from a GPU."""

DRAWDOWN = "intraday_maxdrawdown"
"""Slower on the article's GPU: CuPy has no `minimum.accumulate`."""

EVERYTHING = "all factors of the catalogue, 20 days"
"""What a GPU is measured with beyond the article."""
