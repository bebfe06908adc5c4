"""Units told from the values: lots, amounts in thousands, boards of their own, scaled prices, cumulative volume."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from factors.data.conventions.boards import board
from factors.data.conventions.schema import Schema
from factors.errors import ArgumentError, InputError
from tests.support.bars.frames import bars, read, same_rows


@pytest.mark.parametrize(
    ("volume", "amount", "unit", "notes"),
    [
        (1, 1, 1, []),
        (100, 1, 100, ["volume is in lots of 100: multiplied by 100."]),
        (1, 1e3, 1, ["amount is in units of 1000: multiplied by 1000."]),
        (1, 1e4, 1, ["amount is in units of 10000: multiplied by 10000."]),
        (
            100,
            1e3,
            100,
            ["volume is in lots of 100: multiplied by 100.", "amount is in units of 1000: multiplied by 1000."],
        ),
    ],
)
def test_units_are_told_from_the_ratio(volume: float, amount: float, unit: float, notes: list[str]) -> None:
    frame = bars()
    reader = same_rows(frame.assign(volume=frame.volume / volume, amount=frame.amount / amount), frame)
    assert reader.report.volume_unit == unit
    assert reader.report.notes == notes
    assert reader.report.found["volume_unit"] == f"amount / (volume x price) is {volume / amount:.4g}"


def test_an_ambiguous_ratio_says_so() -> None:
    frame = bars()
    reader, _ = read(frame.assign(amount=frame.amount / 100))
    assert reader.report.notes[1] == "If volume is in lots and amount in ten thousands, pass volume_unit=100."
    lots = frame.assign(volume=frame.volume / 100, amount=frame.amount / 1e4)
    same_rows(lots, frame, volume_unit=100)


def test_given_units_win() -> None:
    frame = bars()
    lots = frame.assign(volume=frame.volume / 100)
    same_rows(lots, frame, volume_unit=100)
    reader, days = read(lots, volume_unit=1)
    assert days[0].fields["volume"].max() < 50
    assert reader.report.found["volume_unit"] == "given"
    assert "volume_unit=1 is given, though" in reader.report.notes[0]
    same_rows(frame.assign(amount=frame.amount / 8), frame, schema=Schema(amount_unit=8))


def test_a_ratio_of_no_unit_is_reported() -> None:
    frame = bars()
    reader = same_rows(frame.assign(amount=frame.amount * 2.7), frame.assign(amount=frame.amount * 2.7))
    assert reader.report.volume_unit == 1
    assert "is 2.7, no known unit: prices may be adjusted" in reader.report.notes[0]


def test_without_amounts_nothing_is_guessed() -> None:
    frame = bars().drop(columns="amount").assign(volume=bars().volume / 100)
    reader, _ = read(frame)
    assert (reader.report.volume_unit, reader.report.found["volume_unit"]) == (1, "no amount, no guess")
    assert read(frame, volume_unit=100)[1][0].fields["volume"].max() > 4000
    assert read(bars().drop(columns=["volume", "amount"]))[0].report.found["volume_unit"] == "no volume"
    idle = bars().assign(volume=0, amount=0.0)
    assert read(idle)[0].report.found["volume_unit"] == "too few traded bars, no guess"


def test_the_median_decides_over_stray_bars() -> None:
    frame = bars()
    stray = frame.assign(amount=frame.amount * np.where(frame.index % 3 == 0, 1.7, 1.0))
    assert read(stray)[0].report.volume_unit == 1
    assert not read(stray)[0].report.notes


def test_boards_count_in_units_of_their_own() -> None:
    frame = bars(symbols=["000001.XSHE", "600000.XSHG", "600519.XSHG", "688001.XSHG"])
    star = frame.symbol == "688001.XSHG"
    mixed = frame.assign(volume=np.where(star, frame.volume, frame.volume / 100))
    reader = same_rows(mixed, frame)
    assert reader.report.volume_unit == 100
    assert "volume of STAR market is in units of 1, of the others in 100." in reader.report.notes
    codes = ("sh688981", "830799", "920001", "113050", "600000", "AAPL", "300750", "000001.SZ")
    assert [board(code) for code in codes] == ["STAR market", "Beijing", "Beijing", "bonds", "", "", "", ""]


def test_a_unit_that_changes_between_days() -> None:
    frame = bars()
    later = frame.datetime >= "2024-01-04"
    with pytest.raises(InputError, match="on 2024-01-04 amount / .volume x price. is 100, on earlier days 1"):
        read(frame.assign(volume=frame.volume.where(~later, frame.volume / 100)))
    with pytest.raises(InputError, match="on 2024-01-04 .* is 0.0001, .* changes by 0.0001"):
        read(frame.assign(amount=frame.amount.where(~later, frame.amount / 1e4)))


def test_scaled_prices() -> None:
    frame = bars()
    prices = ["open", "high", "low", "close"]
    scaled = frame.assign(**(frame[prices] * 1e9).round().astype("int64"))
    with pytest.raises(InputError, match="median close is 1.05e.10, which looks scaled.*price_scale=.*1e-9.*Databento"):
        read(scaled)
    _, days = read(scaled, schema=Schema(price_scale=1e-9))
    expected = frame.close[(frame.datetime < "2024-01-03")]
    np.testing.assert_allclose(days[0].fields["close"], expected, rtol=1e-15)
    assert read(scaled, schema=Schema(price_scale=1))[1][0].fields["close"].min() > 1e9


def test_cumulative_volume() -> None:
    frame = bars()
    day = [frame.symbol, frame.datetime.dt.date]
    running = frame.assign(volume=frame.groupby(day).volume.cumsum(), amount=frame.groupby(day).amount.cumsum())
    for mixed in (running, running.sample(frac=1, random_state=3)):
        with pytest.raises(
            InputError, match="on 2024-01-02 volume never falls .* looks cumulative. Take the differences"
        ):
            read(mixed)
    flat = frame.assign(volume=100, amount=100 * (frame.high + frame.low + frame.close) / 3)
    assert read(flat)[0].report.volume_unit == 1


def test_values_that_the_cube_judges_pass_through() -> None:
    frame = bars()
    odd = frame.assign(close=frame.close.where(frame.index != 3, -1.0), high=frame.high.where(frame.index != 4, np.inf))
    odd["volume"] = odd.volume.where(odd.index != 5, -100)
    twice = pd.concat([odd, odd.iloc[[0]]])
    reader = same_rows(twice, twice)
    assert reader.report.quality == {}


def test_infinite_volumes_are_no_warning() -> None:
    frame = bars()
    for values in (frame.volume.astype(float).where(frame.index % 7 != 0, np.inf), frame.volume * np.inf):
        read(frame.assign(volume=values))
    rising = frame.assign(volume=frame.groupby(["symbol", frame.datetime.dt.date]).cumcount() * 100.0 + 100)
    rising.loc[rising.index % 50 == 0, "volume"] = np.inf
    with pytest.raises(InputError, match="looks cumulative"):
        read(rising.drop(columns="amount"))


@pytest.mark.parametrize("unit", [True, False, np.True_, "lots", 0, -1, float("nan"), float("inf"), None])
@pytest.mark.parametrize("name", ["volume_unit", "amount_unit", "price_scale"])
def test_units_that_are_no_numbers(name: str, unit: object) -> None:
    if name == "price_scale" and unit is None:
        return
    with pytest.raises(ArgumentError, match=f"{name}=.*pass a positive number"):
        Schema(**{name: unit})
    if name == "volume_unit":
        with pytest.raises(ArgumentError, match="volume_unit="):
            read(bars(), volume_unit=unit)
