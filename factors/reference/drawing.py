"""A small histogram as SVG."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

BINS, WIDTH, HEIGHT = 40, 240, 64


def histogram(values: npt.NDArray[Any]) -> str:
    """Return the distribution of finite values, its outer 1 % left out, with median and range as its caption."""
    known = values[np.isfinite(values)]
    missing = 1 - len(known) / max(1, len(values))
    if not len(known):
        return "<figcaption>no values on the simulated market</figcaption>"
    low, middle, high = np.quantile(known, [0.005, 0.5, 0.995])
    inside = known[(known >= low) & (known <= high)]
    if low == high:
        return f"<figcaption>always {low:.4g}</figcaption>"
    counts, _ = np.histogram(inside, bins=BINS, range=(low, high))
    step, top = WIDTH / BINS, counts.max()
    bars = "".join(
        f'<rect x="{k * step:.1f}" y="{HEIGHT * (1 - n / top):.1f}" width="{step - 0.6:.1f}" '
        f'height="{HEIGHT * n / top:.1f}"/>'
        for k, n in enumerate(counts.tolist()) if n
    )  # fmt: skip
    at = WIDTH * (middle - low) / (high - low)
    line = f'<line x1="{at:.1f}" x2="{at:.1f}" y1="0" y2="{HEIGHT}"/>'
    told = f", {missing:.1%} missing" if missing > 0 else ""
    label = f"from {low:.3g} to {high:.3g}, median {middle:.3g}{told}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{label}">'
        f"{bars}{line}</svg><figcaption>{label}</figcaption>"
    )
