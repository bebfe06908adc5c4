"""Series as whole numbers of 32 bits: exact, or refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import factors
from factors import backends
from factors.batch import run_batch
from factors.data.device import resident, ticks
from factors.data.device.ticks import MISSING, FixedPoint, ticks_of
from factors.data.native import passes as native
from factors.errors import ArgumentError, InputError
from tests.support.devices.shim import ShimBackend

BARS = factors.simulate_bars(stocks=53, days=3, seed=3)


def cube_of(bars: pd.DataFrame) -> factors.MinuteCube:
    return factors.cube(bars)


@pytest.fixture(scope="module")
def cube() -> factors.MinuteCube:
    return cube_of(BARS)


@pytest.fixture(params=["shim", pytest.param("gpu", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> Any:
    return ShimBackend() if request.param == "shim" else backends.get("gpu")


def test_what_is_counted(cube: factors.MinuteCube) -> None:
    found = dict(zip(cube.fields, ticks_of(cube), strict=True))
    assert found.pop("amount") is None
    assert found == dict.fromkeys(("open", "high", "low", "close"), FixedPoint(down=100.0)) | dict.fromkeys(
        ("volume", "trades"), FixedPoint()
    )


@pytest.mark.parametrize(
    ("changes", "field", "tick"),
    [
        ({"close": 12.125}, "close", FixedPoint(down=1000.0)),
        ({"close": 12.000001}, "close", FixedPoint(down=1e6)),
        ({"close": 21474836.47}, "close", FixedPoint(down=100.0)),
        ({"volume": 3e9}, "volume", FixedPoint(up=100.0)),
        ({"volume": 0.5}, "volume", FixedPoint(down=10.0)),
    ],
)
def test_other_units(changes: dict[str, float], field: str, tick: FixedPoint) -> None:
    found = cube_of(BARS.assign(volume=(BARS.volume // 100) * 100.0) if tick.up > 1 else BARS)
    for name, value in changes.items():
        found.storage[1, 2, found.fields.index(name), 5, 3] = value
    assert ticks_of(found)[found.fields.index(field)] == tick


@pytest.mark.parametrize("value", [12.34000015258789, 1 / 3, 3e7 + 0.01, 12.0000001])
@pytest.mark.parametrize(("day", "stock", "minute"), [(0, 0, 0), (1, 17, 99), (2, 52, 239)])
def test_what_is_no_whole_number_is_named(value: float, day: int, stock: int, minute: int) -> None:
    found = cube_of(BARS)
    found.storage[day, stock // 8, found.fields.index("low"), minute, stock % 8] = value
    clock = found.sessions[day].clock()[minute]
    named = f"storage='ticks': low of {found.symbols[stock]} on {found.dates[day]} at {clock} is {value!r}, which"
    with pytest.raises(InputError, match=re.escape(named)):
        ticks_of(found)


@given(st.data())
def test_compiled_and_numpy_write_the_same(data: st.DataObject) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    tick = data.draw(st.sampled_from(ticks.TICKS))
    random = np.random.default_rng(seed)
    whole = random.integers(-(2**31) + 1, 2**31, (40, 3, 9, 8)).astype(float)
    values = (whole * tick.up / tick.down)[:, 1]
    values[random.random(values.shape) < 0.1] = np.nan
    odd = data.draw(st.lists(st.integers(0, values.size - 1), max_size=3))
    for place in odd:
        block, rest = divmod(place, values[0].size)
        strange = random.choice([0.5 * tick.up / tick.down, 2.0**31 * tick.up / tick.down, 1e300, np.pi])
        values[block].reshape(-1)[rest] = strange
    first, second = np.empty((2, values.size), np.int32)
    places = ticks._write(values, tick, first)
    few, native.FEW = native.FEW, 0
    try:
        found = ticks.write(values, tick, second)
    finally:
        native.FEW = few
    assert found == places == (min(odd) if odd else -1)
    if not odd:
        np.testing.assert_array_equal(second, first)
        back = np.where(second == MISSING, np.nan, second * tick.up / tick.down)
        np.testing.assert_array_equal(back, values.reshape(-1))


def test_ticks_change_no_bit(device: Any, cube: factors.MinuteCube, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "BATCH", 40_000)  # several batches
    plain = factors.compute(cube, "core", backend=device)
    pd.testing.assert_frame_equal(factors.compute(cube, "core", backend=device, storage="ticks"), plain, rtol=0, atol=0)
    held = cube_of(BARS).upload(device, storage="ticks")
    pd.testing.assert_frame_equal(factors.compute(held, "core", backend=device), plain, rtol=0, atol=0)
    some = ["VP", "amihud_mean"]  # fields in another order than they lie
    pd.testing.assert_frame_equal(factors.compute(held, some, backend=device), plain[some], rtol=0, atol=0)


def test_ticks_halve_what_goes_up(cube: factors.MinuteCube) -> None:
    sent = {}
    for storage in ("float64", "ticks"):
        device = ShimBackend()
        factors.compute(cube, ["VP", "intraday_maxdrawdown"], backend=device, storage=storage)
        sent[storage] = device.card.sent
    assert sent["ticks"] == sent["float64"] / 2


def test_a_cube_computed_as_ticks_is_left_as_it_was(cube: factors.MinuteCube) -> None:
    before = dict(vars(cube))
    factors.compute(cube, ["VP"], backend=ShimBackend(), storage="ticks")
    assert all(vars(cube)[name] is value for name, value in before.items())  # another thread may be computing from it
    assert cube.resident is None


def test_the_batch_sends_ticks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = ShimBackend()
    monkeypatch.setitem(backends._REGISTERED, "shim", lambda: device)
    (tmp_path / "bars").mkdir()
    BARS.to_parquet(tmp_path / "bars" / "all.parquet", index=False)
    assert run_batch(tmp_path / "bars", tmp_path / "ticks", ["VP"], backend="shim", storage="ticks").exit_code == 0
    sent = device.card.sent
    assert run_batch(tmp_path / "bars", tmp_path / "float64", ["VP"], backend="shim").exit_code == 0
    assert device.card.sent == 3 * sent
    some = [factors.read_store(tmp_path / name) for name in ("ticks", "float64")]
    pd.testing.assert_frame_equal(*some, rtol=0, atol=0)
    again = run_batch(tmp_path / "bars", tmp_path / "float64", ["VP"], backend="shim", storage="ticks")
    assert {day.status for day in again.days} == {"skipped"}  # it is how they travel, not what they are


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"storage": "float32"}, "storage='float32'.*'ticks'"),
        ({"storage": "ticks", "backend": "cpu"}, "storage='ticks' is how series go to a GPU.*backend 'cpu'"),
        ({"storage": "ticks", "backend": ShimBackend(), "engine": "matrix"}, "engine='matrix' computes from float64"),
    ],
)
def test_wrong_storage(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        factors.compute("no such file", ["VP"], **arguments)


def test_prices_off_the_ticks_are_refused() -> None:
    bars = BARS.assign(amount=BARS.amount)
    bars[["open", "high", "low", "close"]] = bars[["open", "high", "low", "close"]].astype("float32").astype("float64")
    with pytest.raises(InputError, match=r"storage='ticks': open of .* at 09:31 is \d+\.\d{5,}"):
        factors.compute(bars, ["VP", "return_intraday"], backend=ShimBackend(), storage="ticks")
    with pytest.raises(InputError, match="storage='ticks'"):
        cube_of(bars).upload(ShimBackend(), storage="ticks")
    with pytest.raises(ArgumentError, match="storage='half'"):
        cube_of(bars).upload(ShimBackend(), storage="half")
