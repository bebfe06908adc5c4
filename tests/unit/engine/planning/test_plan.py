"""A plan of the same factors is made once, and made again where a definition changed."""

from __future__ import annotations

from typing import Any

import pytest

import factors
from factors import ops as m
from factors.catalogue import resolve
from factors.common.fields import FIELDS
from factors.definitions.decorators import REGISTRY
from factors.engine.planning import plan as planning
from factors.engine.planning.plan import make_plan
from factors.errors import DefinitionError


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that the registry was asked for."""
    names: list[str] = []
    real = REGISTRY.input

    def watched(name: str, reader: Any) -> Any:
        names.append(name)
        return real(name, reader)

    monkeypatch.setattr(planning, "_ORDERS", {})
    monkeypatch.setattr(REGISTRY, "input", watched)
    return names


def doubled(factor: int) -> None:
    """Register a series, of another content each time."""
    scope: dict[str, Any] = {}
    exec(f"def doubled_close({'close' if factor == 2 else 'high'}):\n    return {factor}", scope)
    factors.shared(scope["doubled_close"])


def test_the_registry_is_asked_once(looked_up: list[str]) -> None:
    core = list(resolve("core").values())
    first = make_plan(core)
    asked = len(looked_up)
    assert asked
    again = make_plan(core)
    assert len(looked_up) == asked
    assert (again.factors, again.steps, again.fields, again.missing) == (
        first.factors, first.steps, first.fields, first.missing,
    )  # fmt: skip
    assert again is not first  # what is fused for it may follow a user's globals
    assert make_plan(core[:3]).factors == tuple(core[:3])
    lacking = make_plan(core, ("close", "volume"))
    assert lacking.missing
    lacking.missing.clear()
    assert make_plan(core, ("close", "volume")).missing


def test_every_definition_is_walked_through_once(looked_up: list[str]) -> None:
    plan = make_plan(list(resolve("all").values()))
    assert len(looked_up) == 2 * sum(len(step.inputs) for step in plan.steps)  # for its fields, and for its place


def test_a_series_that_changed_is_seen() -> None:
    doubled(2)

    @factors.factor
    def typed(doubled_close: Any) -> Any:
        return m.mean(doubled_close)

    assert make_plan([typed]).fields == ("close",)
    assert make_plan([typed], ("open",)).missing == {"typed": ("close",)}
    doubled(3)
    assert make_plan([typed]).fields == ("high",)
    assert make_plan([typed], ("open",)).missing == {"typed": ("high",)}
    assert make_plan([typed]).steps[0] is REGISTRY.shared["doubled_close"]
    factors.forget("doubled_close")
    with pytest.raises(DefinitionError, match="'doubled_close' is no field and no shared series"):
        make_plan([typed])


def test_few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_ORDERS", {})
    every = list(resolve("all").values())
    for n in range(planning.MOST + 5):
        make_plan(every[n : n + 1], FIELDS)
    assert len(planning._ORDERS) == planning.MOST
    assert ((every[n],), FIELDS) in planning._ORDERS
