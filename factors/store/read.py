"""Reading a store's factor values back."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from factors.common.provenance import KEY, Provenance
from factors.errors import ArgumentError, StoreError, UnknownFactorError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

IDENTITY = ("library", "version", "factors")
"""What the provenance of days must agree on to hold for all of them."""


def read_store(
    store: str | os.PathLike[str],
    start: str | dt.date | np.datetime64 | None = None,
    end: str | dt.date | np.datetime64 | None = None,
    factors: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """Read factor values back, indexed (date, symbol).

    Parameters
    ----------
    store : str or path
        The store's folder.
    start, end : str, date or Timestamp, optional
        First and last day, both included; as text in the form ``"2026-01-05"``.
    factors : str or list of str, optional
        Columns to read; all by default. A day whose file lacks one has NaN there.

    Returns
    -------
    pandas.DataFrame
        As `factors.compute` returns it. ``.attrs`` holds what the days' provenance has in common, where they come from
        one version of the library and of the factors.

    Raises
    ------
    ArgumentError
        If an argument is of a wrong kind, or `start` or `end` no date.
    StoreError
        If there is no such store, it has no day in the range, or a file is damaged.
    UnknownFactorError
        If no file in the range has a column asked for.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = _names(factors)
    paths = _day_files(store, start, end)
    tables = []
    try:
        schemas = {path: pq.read_schema(path) for path in paths}
        known = list(dict.fromkeys(name for schema in schemas.values() for name in schema.names))[2:]
        for name in names or ():
            if name not in known:
                raise UnknownFactorError(f"No day of {store} has {name!r}.{did_you_mean(name, known)}")
        for path, schema in schemas.items():
            columns = schema.names
            if names is not None:
                columns = [*columns[:2], *(name for name in names if name in columns)]
            table = pq.read_table(path, columns=columns, page_checksum_verification=True, partitioning=None)
            tables.append(table.replace_schema_metadata(None))
    except (OSError, pa.ArrowException) as error:
        raise StoreError(f"The store {store} cannot be read: {error}. Run the batch again: it mends the day.") from None
    frame: pd.DataFrame = pa.concat_tables(tables, promote_options="default").to_pandas()
    columns = known if names is None else names
    frame = frame.set_index(["date", "symbol"])[columns]
    provenance = _common([_provenance(schema) for schema in schemas.values()])
    if provenance:
        provenance["factors"] = {name: what for name, what in provenance.get("factors", {}).items() if name in columns}
        frame.attrs = {KEY: Provenance(provenance)}
    return frame


def iso_day(argument: str, value: object) -> str:
    """Return a date as ``"2026-01-05"``.

    Raises
    ------
    ArgumentError
        If `value` is no date; `argument` is what it was passed as.
    """
    try:
        if isinstance(value, np.datetime64):
            value = value.astype("datetime64[D]").item()
        if isinstance(value, dt.datetime) and value == value:  # pandas' NaT is a datetime too
            return value.date().isoformat()
        if isinstance(value, str):
            value = dt.date.fromisoformat(value)
        if isinstance(value, dt.date) and value == value:
            return value.isoformat()
    except ValueError:
        pass
    raise ArgumentError(f"{argument}={value!r} is no date. Pass text such as '2026-01-05', or a date.")


def _names(factors: object) -> list[str] | None:
    if factors is None or isinstance(factors, str):
        return None if factors is None else [factors]
    names: list[Any] = list(factors) if isinstance(factors, Iterable) else [factors]
    if not names or not all(isinstance(name, str) for name in names):
        raise ArgumentError(f"factors={factors!r} must be a column's name or a list of them.")
    return names


def _day_files(store: object, start: object, end: object) -> list[Path]:
    """Return the files of the days in a range."""
    if not isinstance(store, str | os.PathLike) or not os.fspath(store):
        raise ArgumentError(f"store={store!r} must be the path of a store.")
    first = iso_day("start", start) if start is not None else None
    last = iso_day("end", end) if end is not None else None
    if first and last and first > last:
        raise ArgumentError(f"start={first} lies after end={last}.")
    root = Path(os.fspath(store)).expanduser()
    if not (root / "data").is_dir():
        what = "there is no such folder" if not root.exists() else "it has no folder data"
        raise StoreError(f"{store} is no store: {what}. Name the folder that the batch wrote to.")
    every = sorted((root / "data").glob("*/*.parquet"))
    paths = [path for path in every if (not first or path.stem >= first) and (not last or path.stem <= last)]
    if not paths:
        held = f"it has {every[0].stem} to {every[-1].stem}" if every else "it has none at all"
        raise StoreError(f"The store {store} has no day from {first or 'the start'} to {last or 'the end'}; {held}.")
    return paths


def _provenance(schema: Any) -> dict[str, Any]:
    provenance: dict[str, Any] = json.loads((schema.metadata or {}).get(KEY.encode(), b"{}"))
    return provenance


def _common(provenances: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what all accounts say alike; nothing where library, version or factors differ."""

    def alike(name: str, value: object) -> bool:
        return all(name in provenance and provenance[name] == value for provenance in provenances)

    first: Mapping[str, Any] = provenances[0]
    if not all(provenance.get(name) == first.get(name) for provenance in provenances for name in IDENTITY):
        return {}
    return {name: value for name, value in first.items() if alike(name, value)}
