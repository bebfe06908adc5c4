"""The cube: scattering, filling, merging auctions, duplicates."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given

from factors.data.blocks.layout import LANES
from factors.data.calendar.session import AFTER, BEFORE, OWN, Session, get_session
from factors.data.cube.cube import MinuteCube
from factors.data.rows import InputReport
from factors.errors import ArgumentError, DuplicateBarsError, MissingFieldError
from tests.support.bars.rows import rows
from tests.support.strategies import Market, markets


def test_gaps_carry_the_close_and_late_starts_stay_missing() -> None:
    cube = MinuteCube.from_days([rows([("A", 1, OWN, 10, 5), ("A", 3, OWN, 12, 2), ("B", 0, OWN, 7, 1)])])
    nan = np.nan
    np.testing.assert_array_equal(cube["close"], [[nan, 10, 10, 12, 12], [7, 7, 7, 7, 7]])
    np.testing.assert_array_equal(cube["open"], [[nan, 9.5, 10, 11.5, 12], [6.5, 7, 7, 7, 7]])
    np.testing.assert_array_equal(cube["high"], [[nan, 11, 10, 13, 12], [8, 7, 7, 7, 7]])
    np.testing.assert_array_equal(cube["volume"], [[nan, 5, 0, 2, 0], [1, 0, 0, 0, 0]])
    np.testing.assert_array_equal(cube.delivered, [[False, True, False, True, False], [True] + [False] * 4])
    np.testing.assert_array_equal(cube.traded, [[False, True, False, True, False], [True] + [False] * 4])


def test_bars_without_volume_are_as_if_absent_where_the_stock_traded() -> None:
    quiet = [("A", 0, OWN, 8, 0), ("A", 2, OWN, 12, 5), ("A", 3, OWN, 11, 0), ("B", 1, OWN, 7, 0), ("B", 3, OWN, 6, 0)]
    cube = MinuteCube.from_days([rows(quiet)])
    nan = np.nan
    np.testing.assert_array_equal(cube["close"], [[nan, nan, 12, 12, 12], [nan, 7, 7, 6, 6]])
    np.testing.assert_array_equal(cube["open"][0], [nan, nan, 11.5, 12, 12])
    np.testing.assert_array_equal(cube["volume"][0], [nan, nan, 5, 0, 0])
    np.testing.assert_array_equal(cube.delivered[0], [True, False, True, True, False])
    assert cube.traded_days.tolist() == [[True, False]]
    assert copy.copy(cube).traded_days is cube.traded_days


def test_an_auction_without_volume_is_as_if_absent() -> None:
    cube = MinuteCube.from_days([
        rows([
            ("A", 0, OWN, 10, 5), ("A", 0, BEFORE, 20, 0), ("B", 1, OWN, 7, 1), ("B", 0, BEFORE, 30, 0),
            ("C", 0, OWN, 11, 0), ("C", 0, BEFORE, 12, 4), ("D", 4, OWN, 5, 0), ("D", 4, AFTER, 6, 3),
            ("E", 0, OWN, 2, 0), ("E", 0, BEFORE, 3, 0),
        ])
    ])  # fmt: skip
    assert cube["open"][0, 0] == 9.5
    assert cube["high"][0, 0] == 11
    assert np.isnan(cube["close"][1, 0])
    assert [cube[f][2, 0] for f in ("open", "high", "low", "close", "volume")] == [11.5, 13, 11, 12, 4]
    assert [cube[f][3, 4] for f in ("open", "high", "low", "close", "volume")] == [5.5, 7, 5, 6, 3]
    assert [cube[f][4, 0] for f in ("open", "high", "low", "close", "volume")] == [2.5, 4, 1, 2, 0]  # nothing traded
    np.testing.assert_array_equal(cube.auction_volume[0], [np.nan, np.nan, 4, np.nan, 0])


@given(market=markets())
def test_filled_series_equal_the_loops(market: Market) -> None:
    cube = market.cube()
    days = market.days()
    for field in cube.fields:
        theirs = [getattr(days[s], field) for s in cube.symbols]
        np.testing.assert_array_equal(cube[field], np.array(theirs, dtype=float).reshape(cube[field].shape))


def test_opening_auction_is_merged_into_the_first_bar() -> None:
    cube = MinuteCube.from_days([
        rows([("A", 0, OWN, 10, 5), ("A", 0, BEFORE, 20, 100), ("B", 0, BEFORE, 30, 7), ("C", 0, OWN, 1, 1)])
    ])  # fmt: skip
    first = {f: cube[f][:, 0].tolist() for f in cube.fields}
    assert first["open"] == [19.5, 29.5, 0.5]  # the auction's
    assert first["close"] == [10, 30, 1]  # the bar's own; the auction alone makes a bar
    assert first["high"] == [21, 31, 2]
    assert first["volume"] == [105, 7, 1]
    np.testing.assert_array_equal(cube.auction_volume[0], [100, 7, np.nan])


def test_two_auction_bars_and_a_closing_print() -> None:
    day = rows(
        [
            ("A", 0, OWN, 10, 5),
            ("A", 0, BEFORE, 20, 100),
            ("A", 0, BEFORE, 30, 7),
            ("A", 4, OWN, 11, 2),
            ("A", 4, AFTER, 14, 3),
        ]
    )
    day.clock[2] -= 3  # the earlier of the two auctions
    cube = MinuteCube.from_days([day])
    assert cube["open"][0, 0] == 29.5
    assert cube["volume"][0].tolist() == [112, 0, 0, 0, 5]
    assert cube["close"][0, 4] == 14
    assert cube["open"][0, 4] == 10.5
    assert cube["high"][0, 4] == 15
    assert cube.auction_volume[0, 0] == 107


def test_impossible_values_are_missing_and_counted() -> None:
    report = InputReport()
    bars = [("A", t, OWN, c, 10) for t, c in enumerate([10.0, 0.0, np.inf, -1.0, 11.0])]
    cube = MinuteCube.from_days([rows(bars, high=[9, 9, 9, 9, np.inf], volume=[np.nan, 1, 1, 1, -5])], report=report)
    assert cube["close"][0].tolist() == [10, 10, 10, 10, 11]
    assert np.isnan(cube["high"][0, 4])
    assert cube["volume"][0].tolist() == [0, 0, 0, 0, 0]
    assert report.quality["close <= 0"] == 2
    assert report.quality["close infinite"] == 1
    assert report.quality["volume < 0"] == 1
    assert report.quality["bars without a close"] == 3


def test_equal_duplicates_are_dropped_different_ones_are_told() -> None:
    report = InputReport()
    twice = [("A", 0, OWN, 10, 5), ("B", 2, OWN, 7, 1), ("A", 0, OWN, 10, 5)]
    cube = MinuteCube.from_days([rows(twice)], report=report)
    assert cube["volume"][0, 0] == 5
    assert report.quality["duplicate bars, equal"] == 1
    differ = [("A", 0, OWN, 10, 5), ("B", 2, OWN, 7, 1), ("B", 2, OWN, 7, 3)]
    with pytest.raises(
        DuplicateBarsError, match=r"test: 1 bars differ .* B 2026-01-05 09:33 with volume 1 and 3\. .*duplicates='last'"
    ):
        MinuteCube.from_days([rows(differ)])
    assert MinuteCube.from_days([rows(differ)], duplicates="last")["volume"][1, 2] == 3
    assert MinuteCube.from_days([rows(differ)], duplicates="first")["volume"][1, 2] == 1
    with pytest.raises(ArgumentError, match="duplicates='lst' is not one of"):
        MinuteCube.from_days([rows(differ)], duplicates="lst")


def test_days_of_different_stocks_and_lengths() -> None:
    half = Session("tiny/half", "UTC", ((570, 573),))
    cube = MinuteCube.from_days([
        rows([("B", 0, OWN, 7, 1)]),
        rows([("A", 2, OWN, 5, 1), ("C", 0, OWN, 6, 1)], half, "2026-01-06"),
    ])  # fmt: skip
    assert cube.symbols.tolist() == ["A", "B", "C"]
    assert cube.shape == (2, 3, 5, 5)
    assert cube.listed.tolist() == [[False, True, False], [True, False, True]]
    assert np.isnan(cube["close"][1, 0, :2]).all()
    assert cube["close"][1, 2].tolist()[:3] == [6, 6, 6]
    assert np.isnan(cube["close"][1, :, 3:]).all()  # the half day has no such minutes
    assert "2 days" in repr(cube)


def test_storage_is_lane_blocked_and_padded_with_nan() -> None:
    cube = MinuteCube.from_days([rows([(f"S{i:02d}", 0, OWN, 10 + i, 1) for i in range(LANES + 3)])])
    assert cube.storage.shape == (1, 2, 5, 5, LANES)
    assert cube.storage[0, 1, cube.fields.index("close"), 0, 2] == 10 + LANES + 2
    assert np.isnan(cube.storage[0, 1, :, :, 3:]).all()
    assert cube.storage.flags.c_contiguous


def test_looking_at_a_stock() -> None:
    cube = MinuteCube.from_days([rows([("A", 0, OWN, 10, 5)])])
    frame = cube.frame("A")
    assert frame.index[0] == "09:31"
    assert frame.present.tolist() == [True] + [False] * 4
    with pytest.raises(ArgumentError, match="symbol='a' is not in the cube. Did you mean 'A'"):
        cube.frame("a")
    with pytest.raises(ArgumentError, match="date='2026-01-09' is not in the cube"):
        cube.frame("A", "2026-01-09")
    with pytest.raises(MissingFieldError, match="no field 'trades'"):
        cube["trades"]


def test_sessions_by_name() -> None:
    assert get_session("nyse").minutes == 390
    assert get_session("XHKG/half").minutes == 150
    with pytest.raises(ArgumentError, match="session='XSGH' is unknown. Did you mean 'XSHG'"):
        get_session("XSGH")
    assert Session.of("NYSE", name="mine").name == "mine"
    with pytest.raises(ArgumentError, match="Session.of: parameter='weekends' .*Did you mean 'weekend'"):
        Session.of("XNYS", weekends=True)
    with pytest.raises(ArgumentError, match="start first"):
        Session("wrong", "UTC", ((600, 570),))
    with pytest.raises(ArgumentError, match="rising, disjoint"):
        Session("wrong", "UTC", ((570, 600), (590, 620)))
