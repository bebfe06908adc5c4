"""Bars of exchanges that have no built-in session are refused, and those of the built-in ones are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from factors.data.calendar.session import Session
from factors.errors import TimeError
from tests.support.bars.frames import bars, read

EXCHANGES = {
    "ASX": ((600, 960),),
    "KRX": ((540, 930),),
    "NSE India": ((555, 930),),
    "Tokyo": ((540, 690), (750, 930)),
    "Tokyo before 2024": ((540, 690), (750, 900)),
    "LSE": ((480, 990),),
    "Xetra": ((540, 1050),),
    "TWSE": ((540, 810),),
    "HOSE": ((555, 690), (780, 885)),
    "SGX": ((540, 720), (780, 1020)),
    "New York on the clock of Chicago": ((510, 900),),
}
DAYS = ("2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07", "2024-03-08")
LETTERS = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")
FORMS = {"letters": LETTERS, "numbers": ("7203", "6758", "9984"), "one": ("BHP",), "words": ("ABCDEFGH", "P Q")}


def thinned(frame: pd.DataFrame, share: float, seed: int = 0) -> pd.DataFrame:
    return frame[np.random.default_rng(seed).random(len(frame)) < share]


@pytest.mark.parametrize("label", ["right", "left"])
@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("days", [1, 5])
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_other_exchanges_are_refused(exchange: str, days: int, given: bool, label: str) -> None:
    own = Session("own", "UTC", EXCHANGES[exchange])
    for symbols in FORMS.values():
        frame = bars(DAYS[:days], symbols, own, label)
        with pytest.raises(TimeError, match=r"pass session=.*factors\.Session\('") as error:
            read(frame, label=label if given else "auto")
        spans = repr(own.spans)
        assert f"factors.Session('name', 'Area/City', {spans})" in str(error.value)
    assert len(read(frame, session=own, label=label)[1]) == days


def test_what_the_refusal_says() -> None:
    asx = bars(DAYS, LETTERS, Session("own", "UTC", EXCHANGES["ASX"]))
    with pytest.raises(TimeError, match="XNYS comes nearest, but its days open at 09:30 and the bars start at 10:01"):
        read(asx)
    lse = bars(DAYS, LETTERS, Session("own", "UTC", EXCHANGES["LSE"]))
    with pytest.raises(TimeError, match="XNYS comes nearest, but the bars go on as densely from 08:01 to 09:30"):
        read(lse)
    assert read(lse, session="XNYS", label="right")[0].report.session == "XNYS"
    assert read(asx, session="XNYS", label="left")[0].report.session == "XNYS"


def test_a_thin_stock_alone_may_start_late() -> None:
    for seed in range(20):
        for share in (0.02, 0.1, 0.3):
            thin = thinned(bars(DAYS, ("UGA",), "XNYS"), share, seed)
            assert read(thin, label="right")[0].report.session == "XNYS"


def test_a_first_day_that_starts_late() -> None:
    frame = bars(DAYS, ("ARM",), "XNYS")
    listed = frame[frame.datetime >= f"{DAYS[0]} 12:10"]
    assert read(listed)[0].report.session == "XNYS"
    alone = frame[(frame.datetime >= f"{DAYS[0]} 12:10") & (frame.datetime < DAYS[1])]
    with pytest.raises(TimeError, match="pass session='XNYS'"):
        read(alone)
    index = bars(DAYS[:1], ("000001.XSHG",))
    assert read(index[index.datetime >= f"{DAYS[0]} 13:22"], label="right")[0].report.session == "XSHG"


@pytest.mark.parametrize("symbols", [LETTERS, ("AAPL",)])
@pytest.mark.parametrize("label", ["right", "left"])
@pytest.mark.parametrize("days", [1, 5])
def test_extended_hours_of_new_york(days: int, label: str, symbols: tuple[str, ...]) -> None:
    around = Session("around", "America/New_York", ((240, 1200),))
    frame = bars(DAYS[:days], symbols, around, label)
    end = frame.datetime.dt.hour * 60 + frame.datetime.dt.minute + (label == "left")
    away = np.where(end <= 570, 570 - end, np.where(end > 960, end - 960, 0)).clip(0)
    assert read(frame)[0].report.session == "XNYS"
    for reach in (15, 40, 90):  # trading thins out with the distance from the session
        kept = np.random.default_rng(1).random(len(frame)) < np.exp(-away / reach)
        assert read(frame[kept], label=label)[0].report.session == "XNYS"
    for first, last in ((480, 1020), (420, 1200)):
        kept = np.random.default_rng(2).random(len(frame)) < 1 - 0.8 * (away > 0)
        some = frame[(end > first) & (end <= last) & kept]
        assert read(some, label=label)[0].report.session == "XNYS"
