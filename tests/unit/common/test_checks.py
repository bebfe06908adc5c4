"""Whole numbers, shares and words as arguments."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from factors.common.checks import is_share, is_whole, one_of, whole_number
from factors.errors import ArgumentError, DefinitionError


@pytest.mark.parametrize("value", [True, 1.0, "1", None, np.float64(1)])
def test_what_is_no_whole_number(value: object) -> None:
    assert not is_whole(value)
    with pytest.raises(ArgumentError, match=r"^n=x must be a whole number, 1 or more\.$"):
        whole_number("n=x", value)


def test_whole_numbers_of_some_size() -> None:
    assert is_whole(-3)
    assert not is_whole(-3, -2)
    assert whole_number("n", 0, 0) == 0
    with pytest.raises(DefinitionError, match=r"^n=-1 must be a whole number of days, 0 or more\.$"):
        whole_number("n=-1", -1, 0, of="days", error=DefinitionError)


def test_shares() -> None:
    assert all(map(is_share, [0, 1, 0.5, Fraction(1, 3), np.float32(0.2)]))
    assert not any(map(is_share, [True, -0.1, 1.1, math.nan, math.inf, "0.5", None, 10**400, 1j]))


def test_one_of_a_few_words() -> None:
    one_of("engine", "loop", ["loop"])
    for wrong in ("lop", None, ["loop"], 3):
        with pytest.raises(ArgumentError, match=r"^engine=.* is not one of 'loop'\."):
            one_of("engine", wrong, ["loop"])
