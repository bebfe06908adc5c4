"""What a trade moves the price by."""

from __future__ import annotations

import numpy as np

from tests.independent.tools import Reference

REFERENCE: dict[str, Reference] = {
    "amihud_mean": lambda d: float(1e8 * np.nanmean(np.abs(d.r)[d.a > 0] / d.a[d.a > 0])),
}
