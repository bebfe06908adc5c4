"""The path of the price through the day."""

from __future__ import annotations

import numpy as np

from tests.reference import Reference, there

REFERENCE: dict[str, Reference] = {
    "return_std": lambda d: float(np.sqrt(np.mean((there(d.r) - there(d.r).mean()) ** 2))),
    "amplitude": lambda d: float((np.nanmax(d.h) - np.nanmin(d.l)) / d.o[0]),
}

LOCKED = {"return_std", "amplitude"}
