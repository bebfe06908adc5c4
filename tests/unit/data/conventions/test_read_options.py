"""Options of reading: checked once, when they are made, with one sentence; handed on as they were given."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from inspect import signature
from typing import Any

import pytest

import factors
from factors.batch import run_batch
from factors.data.conventions import read_options
from factors.data.conventions.read_options import DETECT, OPTIONS, ReadOptions
from factors.data.conventions.schema import Schema
from factors.errors import ArgumentError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"outside": "keep"}, "outside='keep' is not one of 'error', 'drop'."),
        ({"duplicates": ["last"]}, r"duplicates=\['last'\] is not one of 'error', 'first', 'last'."),
        ({"label": ["left"]}, r"label=\['left'\] is not one of 'right', 'left'"),
        ({"label": None}, "label=None is not one of"),
        ({"session": "XSHH"}, "session='XSHH' is unknown. Did you mean 'XSHG'"),
        ({"schema": "jointquant"}, "schema='jointquant' is not one of .* Did you mean 'joinquant'"),
        ({"schema": {"clsoe": "px"}}, "schema columns key='clsoe' is not one of"),
        ({"volume_unit": -1}, "volume_unit=-1: pass a positive number"),
        ({"tz": "Mars/Base"}, "tz='Mars/Base' is not a time zone"),
        ({"tz": 8}, "tz=8 must be the name of a time zone"),
        ({"schema": Schema(tz="Mars/Base")}, "tz='Mars/Base' is not a time zone"),
    ],
)
def test_wrong_options_are_told_when_they_are_made(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        ReadOptions(**options)


def test_what_is_declared_is_the_schema_and_the_options_together() -> None:
    options = ReadOptions(schema=Schema(label="left", volume_unit=100), session="SSE", volume_unit=1)
    assert options.declared == Schema(label="left", volume_unit=1, session="XSHG")
    assert options.as_arguments()["session"] == "SSE"
    assert list(options.changed()) == ["session", "schema", "volume_unit"]
    assert DETECT.changed() == {}
    with pytest.raises(FrozenInstanceError):
        options.session = "XNYS"  # type: ignore[misc]


@pytest.mark.parametrize("function", [factors.compute, factors.cube, run_batch])
def test_every_function_that_reads_has_them_all(function: Any) -> None:
    parameters = signature(function).parameters
    assert {name: parameters[name].default for name in OPTIONS} == DETECT.as_arguments()


def test_a_call_makes_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    once = read_options.as_schema
    monkeypatch.setattr(read_options, "as_schema", lambda *a, **k: calls.append(a) or once(*a, **k))
    days = factors.simulate_bars(stocks=8, days=2)
    last = days.datetime >= days.datetime.max().normalize()
    factors.compute(days[last], "return_daily", lookback=days[~last])
    assert len(calls) == 1
    factors.cube(days)
    assert len(calls) == 2
