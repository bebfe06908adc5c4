"""The frame of a result, and what it costs to go on with it."""

from __future__ import annotations

import copy
import json
import pickle

import factors
from factors.common.provenance import KEY


def test_provenance_is_handed_on_and_not_copied() -> None:
    frame = factors.compute(factors.simulate_bars(stocks=3), ["VP", "return_intraday"])
    about = frame.attrs[KEY]
    assert frame.copy().attrs[KEY] is about
    assert frame["VP"].rename("other").to_frame().attrs[KEY] is about
    assert copy.deepcopy(frame.attrs)[KEY] is about


def test_provenance_is_plain() -> None:
    about = factors.compute(factors.simulate_bars(stocks=3), "VP").attrs[KEY]
    assert json.loads(json.dumps(about)) == about
    assert pickle.loads(pickle.dumps(about)) == about
