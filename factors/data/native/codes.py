"""Codes of rows in C++."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from factors.common.threads import spread
from factors.data.native.passes import address, kind_of, native

RANGE = 200_000
"""Rows that a thread takes at least."""

_INT32 = 3  # its place among the kinds


def used_codes(codes: npt.NDArray[Any], size: int) -> npt.NDArray[np.bool_]:
    """Return which of the codes below `size` occur."""
    found = np.zeros(size, bool)
    passes = native(len(codes))
    if passes is None or kind_of(codes) != _INT32:
        found[codes] = True
    else:
        spread(lambda a, b: passes.used(address(codes) + 4 * a, b - a, address(found)), len(codes), RANGE)
    return found


def translate(codes: npt.NDArray[Any], to: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Return ``to[codes]``."""
    passes = native(len(codes))
    if passes is None or kind_of(codes) != _INT32:
        found: npt.NDArray[np.int32] = to[codes]
        return found
    out = np.empty(len(codes), np.int32)
    spread(
        lambda a, b: passes.translate(address(codes) + 4 * a, b - a, address(to), address(out) + 4 * a),
        len(codes),
        RANGE,
    )
    return out
