"""The selection of the largest keys by compiled code, against a stable sort, on keys that are hard to search."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from factors import Factor, backends, factor
from factors import ops as m
from factors.data.blocks.layout import LANES
from factors.data.calendar.session import Session
from factors.data.cube.cube import MinuteCube
from factors.engine.codegen.cache import ProgramCache
from factors.engine.fused import libraries
from factors.engine.fused import run as fused
from factors.engine.planning.plan import make_plan

pytestmark = pytest.mark.usefixtures("needs_compiler")

T, GROUP = 240, 48
BITS = ("open", "high", "low", "amount", "trades")
"""Fields that say which minutes were chosen: each is a power of two in 48 minutes of its own, 0 elsewhere."""

SHARES = ("1/3", "3/10", "1", "1/500", "239/240", 1, 5, 50)
"""Shares of the minutes, and numbers of them."""
WINDOWS = ((0, T), (0, 1), (100, 103), (7, 24), (209, T))
ROWS = 24


def keys() -> np.ndarray:
    """Return keys of stocks, shape (stocks, minutes): each distribution in three blocks of lanes, then all mixed."""
    rng = np.random.default_rng(3)
    shape = (ROWS, T)
    minute = np.arange(float(T))
    outliers = 1 + rng.integers(0, 240, shape) * 2.0**-52
    outliers[:, :2] = 1e300, -1e300
    cases = [
        np.full(shape, 3.0),
        rng.integers(0, 2, shape) * 1.0,
        rng.integers(1, 40, shape) * 100.0,
        np.exp(rng.normal(0, 3, shape)),
        rng.normal(0, 1, shape),
        -np.exp(rng.normal(0, 3, shape)),
        np.abs(rng.normal(0, 1, shape).round(1)),
        np.exp2(rng.uniform(-1070, 1020, shape)) * rng.choice([-1, 1], shape),
        rng.choice([5e-324, -5e-324, 0.0, -0.0, 1e-323], shape),
        rng.choice([np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, np.nan], shape),
        rng.choice([np.inf, -np.inf], shape),
        np.broadcast_to(minute, shape),
        np.broadcast_to(-minute, shape),
        np.broadcast_to(2.0 ** (minute * 8 - 960), shape),
        np.broadcast_to(1 + 2.0 ** -(minute % 53), shape),
        outliers,
        np.full(shape, np.nan),
        np.where(rng.uniform(size=shape) < 0.97, np.nan, rng.normal(size=shape)),
        np.where(minute == 100, 7.0, np.full(shape, np.nan)),
    ]
    every = np.concatenate(cases)
    every[every.shape[0] // 2 :: 5, ::7] = np.nan
    return np.concatenate([every, rng.permutation(every)])


def chosen(key: np.ndarray, share: str | int, window: tuple[int, int]) -> np.ndarray:
    """Return the mask of the largest keys in a window, the earlier of equal ones first."""
    numerator, _, denominator = str(share).partition("/")
    begin, end = window
    found = np.zeros(key.shape, dtype=bool)
    for row, mask in zip(key[:, begin:end], found[:, begin:end], strict=True):
        there = np.flatnonzero(~np.isnan(row))
        count = share if isinstance(share, int) else max(1, len(there) * int(numerator) // int(denominator or 1))
        mask[there[np.argsort(-row[there], kind="stable")[:count]]] = True
    return found


def ask(share: str | int, window: tuple[int, int], field: str) -> Factor:
    how = {"k": share} if isinstance(share, int) else {"share": share}
    scope: dict[str, Any] = {"m": m, "how": how, "window": window}
    name = f"top_{type(share).__name__}_{str(share).replace('/', '_')}_{window[0]}_{window[1]}_{field}"
    body = f"m.sum(m.where(m.top(m.between(close, *window), **how), m.between({field}, *window)))"
    exec(f"def {name}(close, {field}):\n    return {body}", scope)
    return factor(scope[name])


@pytest.mark.parametrize("alone", ["1/3", "1/500", 50, None])
@pytest.mark.parametrize("flags", [None, "-march=x86-64", "-march=x86-64-v3", "-march=x86-64-v4"])
def test_the_largest_are_chosen(monkeypatch: pytest.MonkeyPatch, flags: str | None, alone: str | int | None) -> None:
    """One selection of a key searches for its threshold; several read one sort of it."""
    if flags:
        probe = Path("/proc/cpuinfo")
        has = probe.read_text() if probe.is_file() else ""
        needed = {"-march=x86-64-v3": "avx2", "-march=x86-64-v4": "avx512dq"}.get(flags, "")
        if platform.machine() not in ("x86_64", "AMD64") or needed not in has:
            pytest.skip(f"this processor cannot run {flags}")
        monkeypatch.setenv("FACTORS_CXXFLAGS", flags)
        monkeypatch.setattr(libraries, "LIBRARIES", ProgramCache(8))
    key = keys()
    count = len(key)
    blocks = -(-count // LANES)
    fields = ("close", "volume", *BITS)
    storage = np.ones((1, blocks, len(fields), T, LANES))
    padded = np.full((blocks * LANES, T), np.nan)
    padded[:count] = key
    storage[0, :, 0] = padded.reshape(blocks, LANES, T).transpose(0, 2, 1)
    powers = 2.0 ** (np.arange(T) % GROUP)
    for g in range(len(BITS)):
        storage[0, :, 2 + g] = np.where(np.arange(T) // GROUP == g, powers, 0.0)[:, None]
    cube = MinuteCube(
        np.array(["2026-01-05"], dtype="datetime64[D]"), np.array([str(i) for i in range(count)], dtype=object),
        [Session("four hours", "UTC", ((0, T),))], fields, storage, np.ones((1, blocks, T, LANES), bool),
        np.ones((1, count), bool), np.full((1, count), np.nan),
    )  # fmt: skip
    asked = [(share, window) for share in (SHARES if alone is None else (alone,)) for window in WINDOWS]
    plan = make_plan([ask(share, window, field) for share, window in asked for field in BITS], fields)
    notes: dict[str, str] = {}
    found = fused.run(plan, cube, backends.get("cpu"), notes=notes)[0]
    assert notes == {}
    text = fused.fuse(plan, cube.sessions[0], fields).text
    assert ("k_top(" in text, "k_order(" in text) == (alone is not None, alone is None)
    for k, (share, window) in enumerate(asked):
        sums = np.nan_to_num(found[:, k * len(BITS) : (k + 1) * len(BITS)]).astype(np.int64)
        ours = (sums[:, :, None] >> np.arange(GROUP)) & 1 == 1
        theirs = chosen(key, share, window)
        wrong = np.flatnonzero((ours.reshape(count, T) != theirs).any(1))
        assert not wrong.size, (share, window, wrong)
