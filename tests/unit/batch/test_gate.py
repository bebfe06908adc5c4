"""What a day must fulfil to be published."""

from __future__ import annotations

import pandas as pd
import pytest

from factors.batch.gate import Gate

DAY = pd.DataFrame({"VP": [1.0, 2.0]})


@pytest.mark.parametrize("short", ["reach", "coverage"])
def test_a_day_at_the_smallest_share_passes_and_below_it_does_not(short: str) -> None:
    gate = Gate(min_coverage=0.75)
    full = {"reach": 0.75, "coverage": 0.75}
    assert gate.rejection(DAY, full, None) == ""
    assert "%" in gate.rejection(DAY, full | {short: 0.5}, None)
