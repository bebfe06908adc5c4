"""Days of a store, and putting them there."""

from __future__ import annotations

import numpy as np
import pandas as pd

from factors.store.store import Store

MANIFEST: dict[str, object] = {"inputs": [], "inputs_key": "k", "factor_set": "f", "unit_days": []}


def day(date: str, stocks: int = 3, columns: tuple[str, ...] = ("a", "b"), value: float = 1.5) -> pd.DataFrame:
    """One day's frame; the first stock has no value in the first column."""
    index = pd.MultiIndex.from_product(
        [pd.DatetimeIndex([date]).as_unit("us"), [f"{i:06d}.XSHG" for i in range(stocks)]], names=["date", "symbol"]
    )
    values = np.full((stocks, len(columns)), value) * np.arange(1, stocks + 1)[:, None]
    values[0, 0] = np.nan
    return pd.DataFrame(values, index=index, columns=list(columns))


def put(store: Store, *frames: pd.DataFrame, run: str = "run") -> list[dict[str, object]]:
    with store.writing(run):
        return [store.publish(run, frame, {"version": "1"}, MANIFEST) for frame in frames]
