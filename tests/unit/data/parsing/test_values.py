"""Columns of decimals and of scaled integers: each number is the float64 next to what is written."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

import factors
from factors.data.parsing.columns import ColumnRef
from factors.data.parsing.values import read_floats
from factors.data.rows import Columns
from tests.support.bars.rows import dirty

AT = ColumnRef("close", "test")


def read(values: list[Decimal | None], kind: pa.DataType) -> np.ndarray:  # type: ignore[type-arg]
    return read_floats(pa.chunked_array([pa.array(values, kind)]), AT)


@pytest.mark.parametrize(
    ("digits", "scale", "kind"),
    [(8, 2, pa.decimal128), (15, 9, pa.decimal128), (15, 15, pa.decimal128), (19, 4, pa.decimal128),
     (30, 18, pa.decimal128), (37, 30, pa.decimal128), (60, 25, pa.decimal256), (12, 3, pa.decimal256)],
)  # fmt: skip
def test_decimals_are_the_nearest(digits: int, scale: int, kind: type) -> None:
    random = np.random.default_rng(digits)
    texts = ["".join(map(str, random.integers(0, 10, digits))) for _ in range(2000)]
    values = [Decimal(int(text) * (-1) ** k).scaleb(-scale, _wide()) for k, text in enumerate(texts)]
    expected = [float(value) for value in values]
    np.testing.assert_array_equal(read(list(values), kind(digits, scale)), expected)


def _wide() -> object:
    from decimal import Context

    return Context(prec=90)


def test_decimals_of_any_layout() -> None:
    values = [Decimal("10.05"), None, Decimal("-0.01"), Decimal("90071992547409.93"), None, Decimal("7.10")]
    expected = [10.05, np.nan, -0.01, 90071992547409.93, np.nan, 7.1]
    whole = pa.array(values, pa.decimal128(20, 2))
    pieces = pa.chunked_array([whole[4:], whole[:0], whole[1:3], whole[1:2]])
    np.testing.assert_array_equal(read_floats(pieces, AT), [np.nan, 7.1, np.nan, -0.01, np.nan])
    np.testing.assert_array_equal(read_floats(pa.chunked_array([whole]), AT), expected)
    below = pa.chunked_array([pa.array([Decimal("12300"), None], pa.decimal128(5, -2))])
    np.testing.assert_array_equal(read_floats(below, AT), [12300.0, np.nan])
    ends = pa.array([Decimal(-(2**63)), Decimal(2**63 - 1), Decimal(2**64)], pa.decimal128(30, 0))
    np.testing.assert_array_equal(read_floats(pa.chunked_array([ends]), AT), [-(2.0**63), 2.0**63, 2.0**64])


def test_the_scale_of_prices() -> None:
    """Billionths, ten-thousandths and decimals of a day are the day itself, to the bit."""
    bars = factors.simulate_bars(stocks=4, days=2, seed=5)
    prices = ["open", "high", "low", "close"]
    own = factors.cube(bars).storage
    for scale in (1e-9, 1e-4):
        whole = bars.assign(**(bars[prices] / scale).round().astype("int64"))
        schema = factors.Schema(price_scale=scale, volume_unit=1, amount_unit=1)
        np.testing.assert_array_equal(factors.cube(whole, schema=schema).storage, own)
    table = pa.Table.from_pandas(bars, preserve_index=False)
    for name in prices:
        at = table.schema.get_field_index(name)
        decimals = pa.array([Decimal(f"{x:.2f}") for x in bars[name]], pa.decimal128(18, 6))
        table = table.set_column(at, name, decimals)
    np.testing.assert_array_equal(factors.cube(table).storage, own)


def test_the_scale_of_previous_closes() -> None:
    bars = factors.simulate_bars(stocks=2, days=1, seed=5).assign(pre_close=10.07)
    whole = bars.assign(**(bars[["open", "high", "low", "close", "pre_close"]] * 1e9).round().astype("int64"))
    found = factors.cube(whole, schema=factors.Schema(price_scale=1e-9, volume_unit=1, amount_unit=1)).pre_close
    assert found is not None
    np.testing.assert_array_equal(found, 10.07)


def test_whole_numbers_beyond_float64_in_pieces() -> None:
    day = dirty(2000, 3)
    whole = np.random.default_rng(2).integers(2**53, 2**62, len(day.code))
    columns = Columns({"close": np.split(whole, [700, 1500])}, {"close": 1e-9})
    expected = [n / 10**9 for n in whole.tolist()]
    np.testing.assert_array_equal(columns["close"], expected)
    some = np.array([0, 699, 700, 1999])
    np.testing.assert_array_equal(columns.pick("close", some), np.array(expected)[some])
