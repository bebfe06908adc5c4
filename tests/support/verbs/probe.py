"""Series for the tests of the verbs, and a verb run through the fused engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from factors import factor
from factors import ops as m
from factors.data.blocks.layout import LANES
from factors.data.calendar.session import Session
from factors.data.cube.cube import MinuteCube

NAN = np.nan
LEVELS = [NAN, NAN, -2.0, -1.0, 0.0, 0.5, 1.0, 1.0, 3.0, 100.0]
FIELDS = ("open", "high", "low", "close", "amount", "trades")
WINDOWS: dict[str, Callable[[Any], Any]] = {
    "whole": lambda x: x,
    "head": lambda x: m.head(x, 20),
    "tail": lambda x: m.tail(x, 17),
    "between": lambda x: m.between(x, 5, 26),
}


def series(shape: tuple[int, int] | None = None) -> st.SearchStrategy[np.ndarray]:
    """Arrays (stocks, minutes) of few levels: ties, missing values, empty and constant rows."""
    shapes = npst.array_shapes(min_dims=2, max_dims=2, max_side=12) if shape is None else st.just(shape)
    return npst.arrays(np.float64, shapes, elements=st.sampled_from(LEVELS))


def row_by_row(function: Callable[..., float], *arrays: np.ndarray) -> np.ndarray:
    """Apply a function of the values that exist in all arrays to each row; NaN for rows without any."""
    found = []
    for rows in zip(*arrays, strict=True):
        there = ~np.any([np.isnan(row) for row in rows], axis=0)
        found.append(function(*(row[there] for row in rows)) if there.any() else NAN)
    return np.array(found, dtype=float).reshape(-1, 1)


def fused_verb(verb: Callable[..., Any], *arrays: np.ndarray, value: bool = False, length: int = 0) -> np.ndarray:
    """Run a function of series through the fused engine.

    Parameters
    ----------
    verb : callable
        A verb, or a function of up to six series made of verbs.
    *arrays : array, shape (stocks, minutes)
        The series, as they are: nothing is filled. Infinite results become NaN.
    value : bool
        Whether the function returns a value per stock, not a series.
    length : int, optional
        Minutes of the series it returns, if fewer than it is given.

    Returns
    -------
    array, shape (stocks, minutes), or (stocks, 1) for a value
        A mask as 1.0 and 0.0.
    """
    return fused_verbs([verb], *arrays, lengths=[0 if value else length or arrays[0].shape[1]])[0]


def fused_verbs(verbs: Sequence[Callable[..., Any]], *arrays: np.ndarray, lengths: Sequence[int]) -> list[np.ndarray]:
    """Run several functions of the same series as one text, which costs one start of the compiler.

    Parameters
    ----------
    verbs, *arrays
        As for `fused_verb`.
    lengths : sequence of int
        Minutes of the series that each function returns; 0 for a value.

    Returns
    -------
    list of array
        As of `fused_verb`.
    """
    from factors import backends
    from factors.engine.fused import run as fused
    from factors.engine.planning.plan import make_plan

    cube = cube_of(*arrays)
    names = ", ".join(FIELDS[: len(arrays)])
    probes, edges = [], [0]
    for k, (verb, length) in enumerate(zip(verbs, lengths, strict=True)):
        scope: dict[str, Any] = {"m": m, "verb": verb}
        bodies = [f"m.at(verb({names}), {t})" for t in range(1, length + 1)] or [f"verb({names})"]
        for t, body in enumerate(bodies):
            exec(compile(f"def probe_{k}_{t}({names}):\n    return {body}", "<verbs>", "exec"), scope)
            probes.append(factor(scope[f"probe_{k}_{t}"]))
        edges.append(len(probes))
    notes: dict[str, str] = {}
    found = fused.run(make_plan(probes, cube.fields), cube, backends.get("cpu"), notes=notes)
    assert notes == {}
    return [found[0][:, a:b] for a, b in pairwise(edges)]


def cube_of(*arrays: np.ndarray) -> MinuteCube:
    """Return a cube whose fields are some series as they are, and a volume of 1."""
    stocks, minutes = arrays[0].shape
    names = FIELDS[: len(arrays)]
    blocks = -(-stocks // LANES)
    storage = np.full((1, blocks, len(names) + 1, minutes, LANES), 1.0)
    for f, array in enumerate(arrays):
        padded = np.full((blocks * LANES, minutes), NAN)
        padded[:stocks] = array
        storage[0, :, f] = padded.reshape(blocks, LANES, minutes).transpose(0, 2, 1)
    order = sorted(range(len(names)), key=lambda f: m_order(names[f]))
    fields = tuple(names[f] for f in order)
    at = next((k for k, f in enumerate(fields) if m_order(f) > m_order("volume")), len(fields))
    storage = storage[:, :, [*order[:at], len(names), *order[at:]]]
    fields = (*fields[:at], "volume", *fields[at:])
    return MinuteCube(
        np.array(["2026-01-05"], dtype="datetime64[D]"), np.array([str(i) for i in range(stocks)], dtype=object),
        [Session("verbs", "UTC", ((0, minutes),))], fields, np.ascontiguousarray(storage),
        np.ones((1, blocks, minutes, LANES), bool), np.ones((1, stocks), bool), np.full((1, stocks), NAN),
    )  # fmt: skip


def m_order(field: str) -> int:
    """Return a field's place in the storage."""
    from factors.common.fields import FIELDS as STORED

    return STORED.index(field)
