"""Wall clocks and instants, where a clock is set back or on."""

from __future__ import annotations

import numpy as np
import pytest

from factors.data.calendar.zones import to_local, to_utc


def minutes(*texts: str) -> np.ndarray:
    return np.array(texts, "M8[m]").astype(np.int64)


def test_the_hour_that_happens_twice_and_the_one_that_does_not() -> None:
    wall = minutes("2024-11-03T00:59", "2024-11-03T01:30", "2024-11-03T02:00", "2024-03-10T01:59", "2024-03-10T02:30",
                   "2024-03-10T03:00")  # fmt: skip
    utc = minutes("2024-11-03T04:59", "2024-11-03T05:30", "2024-11-03T07:00", "2024-03-10T06:59", "2024-03-10T06:30",
                  "2024-03-10T07:00")  # fmt: skip
    np.testing.assert_array_equal(to_utc(wall, "America/New_York"), utc)
    assert to_local(minutes("2024-11-03T05:30", "2024-11-03T06:30"), "America/New_York").tolist() == [wall[1]] * 2


@pytest.mark.parametrize("zone", ["+08:00", "UTC+08:00", "Asia/Shanghai"])
def test_an_offset_is_a_zone_too(zone: str) -> None:
    noon = minutes("2024-01-02T12:00")
    assert to_local(noon, zone).tolist() == minutes("2024-01-02T20:00").tolist()
    assert to_utc(to_local(noon, zone), zone).tolist() == noon.tolist()
