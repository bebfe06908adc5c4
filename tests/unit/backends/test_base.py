"""A backend of a user's that has only what the contract cannot do without."""

from __future__ import annotations

from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import factors
from factors import backends
from factors.errors import ArgumentError


class Plain:
    """NumPy, with nothing that only a GPU has, and without the contract as its base."""

    name, device, xp, block = "plain", "numpy", np, None
    put = take = staticmethod(lambda array: array)
    sync = staticmethod(lambda: None)
    free_bytes = staticmethod(lambda: 2**30)


def test_what_it_leaves_out_is_put_in() -> None:
    plain = Plain()
    found = backends.get(plain)  # type: ignore[arg-type]
    assert (found.card, found.tables(), found.name) == (None, None, "plain")
    with found.device_context() as context:
        assert context is None
    plain.name = "other"
    assert found.name == "other"
    with pytest.raises(AttributeError, match="no attribute 'cards'"):
        _ = found.cards  # type: ignore[attr-defined]


def test_it_computes_and_is_refused_where_a_gpu_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    bars = factors.simulate_bars(stocks=5)
    given: Any = Plain()
    monkeypatch.setattr(backends, "_REGISTERED", {**backends._REGISTERED, "plain": Plain})
    for backend in (given, "plain"):
        frame = factors.compute(bars, backend=backend)
        assert frame.attrs["minute_factors"]["engine"] == "matrix"
        assert frame.equals(factors.compute(bars, backend="cpu", engine="matrix"))
        with pytest.raises(ArgumentError, match="engine='fused' runs on backends 'cpu' and 'gpu', not 'plain'"):
            factors.compute(bars, backend=backend, engine="fused")
        with pytest.raises(ArgumentError, match="storage='ticks' is how series go to a GPU"):
            factors.compute(bars, backend=backend, storage="ticks")
        with pytest.raises(ArgumentError, match="name a GPU"):
            factors.cube(bars, backend=backend)
        with pytest.raises(ArgumentError, match="a cube can be sent to a GPU only"):
            factors.cube(bars).upload(backend)


@pytest.mark.parametrize("name", ["here", "device_context"])
def test_its_device_is_the_current_one_while_it_computes(name: str) -> None:
    entered = []

    @contextmanager
    def here() -> Any:
        entered.append(True)
        yield

    given: Any = Plain()
    setattr(given, name, here)
    factors.compute(factors.simulate_bars(stocks=2), "VP", backend=given)
    assert entered


def test_one_that_has_it_all_is_taken_as_it_is() -> None:
    cpu = backends.get("cpu")
    assert backends.get(cpu) is cpu


def test_what_is_registered_must_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_REGISTERED", {**backends._REGISTERED, "none": lambda: ModuleType("none")})
    with pytest.raises(ArgumentError, match="backend='none' is registered as <module 'none'>, which is no backend"):
        backends.get("none")
