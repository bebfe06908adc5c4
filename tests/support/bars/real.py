"""Reading the folders of real minute bars, and computing on them without their warnings."""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd

import factors
from factors.errors import InputWarning, MissingFieldWarning


def bars_of(folder: Path) -> pd.DataFrame:
    (file,) = folder.glob("*.parquet")
    return pd.read_parquet(file)


def quietly(*args: object, **kwargs: object) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingFieldWarning)
        warnings.simplefilter("ignore", InputWarning)  # the days that were broken off
        return factors.compute(*args, **kwargs)
