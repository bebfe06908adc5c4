"""Holding a cube that lies on a card to one of the host."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

import factors
from factors.data.cube.cube import MinuteCube


def same(there: MinuteCube, here: MinuteCube) -> None:
    """Hold a cube to another, bit for bit."""
    assert there.on_device_only
    np.testing.assert_array_equal(there.present, here.present)
    np.testing.assert_array_equal(there.storage, here.storage)
    assert np.array_equal(np.signbit(there.storage), np.signbit(here.storage))
    for part in ("listed", "traded_days", "auction_volume", "symbols", "dates"):
        np.testing.assert_array_equal(getattr(there, part), getattr(here, part))
    assert (there.fields, there.sessions, there.layout) == (here.fields, here.sessions, here.storage.shape)


def bars_of(stocks: int = 53, days: int = 3) -> pd.DataFrame:
    return factors.simulate_bars(stocks=stocks, days=days, seed=3)


def day_files(bars: pd.DataFrame, folder: Path) -> Path:
    for day, own in bars.groupby(bars.datetime.dt.date):
        own.to_parquet(folder / f"{day}.parquet", index=False)
    return folder
