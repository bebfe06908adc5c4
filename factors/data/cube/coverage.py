"""How much of its session a day's delivered bars cover."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factors.data.blocks.layout import LANES

_COUNTED = 255  # as many minutes as a byte can count

assert np.dtype(np.uint64).itemsize == LANES, "a block's lanes of a mask are read as one word"


def bars_by_minute_and_stock(present: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Count the delivered bars of a day.

    Parameters
    ----------
    present : bool array, shape (blocks, minutes, lanes)
        A day of a cube's mask.

    Returns
    -------
    minutes : int64 array
        The minutes at which any stock has a bar.
    bars : int32 array, shape (blocks * lanes,)
        Bars of each stock.
    """
    words = present.view(np.uint64)[..., 0]  # a byte for each lane
    minutes = np.flatnonzero(np.bitwise_or.reduce(words, axis=0))
    bars = np.zeros(words.shape[0] * LANES, np.int32)
    for first in range(0, words.shape[1], _COUNTED):
        bars += words[:, first : first + _COUNTED].sum(axis=1).view(np.uint8)
    return minutes, bars


def day_coverage(
    present: npt.NDArray[np.bool_], listed: npt.NDArray[np.bool_], session_minutes: int
) -> dict[str, float]:
    """Return ``reach`` and ``coverage`` of a day, as shares of its session; as `MinuteCube.coverage`."""
    minutes, bars = bars_by_minute_and_stock(present)
    of_listed = bars[: len(listed)][listed]
    reach = int(minutes[-1]) + 1 if len(minutes) else 0
    share = float(np.median(of_listed)) / session_minutes if len(of_listed) else 0.0
    return {"reach": reach / session_minutes, "coverage": share}
