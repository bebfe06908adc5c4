"""Numbers in units of a power of ten are the nearest float64, whichever way they are read."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from factors.common.scaling import divisor_of, in_units


@pytest.mark.parametrize("unit", [1e-1, 1e-4, 1e-9, 1e-12, 0.05, 0.5])
@pytest.mark.parametrize("kind", ["i8", "u8", "i4", "f8"])
@pytest.mark.parametrize("most", [10**6, 2**53, 2**62])
def test_the_nearest(unit: float, kind: str, most: int) -> None:
    random = np.random.default_rng(most % 97)
    whole = random.integers(1, min(most, np.iinfo("i4").max) if kind == "i4" else most, 3000)
    values = whole.astype(kind)
    exact = [Fraction(int(value)) * Fraction(str(unit)) for value in values.tolist()]
    np.testing.assert_array_equal(in_units(values, unit), np.array([float(value) for value in exact]))


def test_half_way_between_two_numbers() -> None:
    """A whole number that is rounded to even first, and then back to the other side."""
    whole = np.array([2**53 * 10 + 15, 2**53 * 10 + 5, 2**63 - 1, -(2**63) + 1])
    expected = [float(Fraction(int(n), 10)) for n in whole.tolist()]
    np.testing.assert_array_equal(in_units(whole, 0.1), expected)


def test_units_that_are_no_such_part_multiply() -> None:
    assert [divisor_of(unit) for unit in (1.0, 100.0, 1 / 3, 0.3, 1e-22, 1e-23)] == [1, 1, 1, 1, 1e22, 1]
    whole = np.array([3, 5], np.int64)
    np.testing.assert_array_equal(in_units(whole, 100.0), [300.0, 500.0])
    floats = np.array([1.5])
    assert in_units(floats, 1.0) is floats
