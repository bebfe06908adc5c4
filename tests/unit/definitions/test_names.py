"""Names that a factor cannot have, on every way a name comes in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import factors
from factors.catalogue import resolve
from factors.cli import main
from factors.definitions.names import TAKEN, check_name
from factors.definitions.registry import REGISTRY
from factors.errors import ArgumentError, DefinitionError, FactorsError

NO_NAMES = [
    "", " ", "two words", "a\nb", "a\tb", "a\x00b", "a\x1b[31m", "a\u200bb", "a\u202eb", "\ud800", "a,b", "a/b", "../a",
    "a;b", "a'b", 'a"b', "<b>", "1a", "a.b", "a[minutes=5]", "a\n", "\ufeffa", "a\u2028",
]  # fmt: skip
COLUMNS = ["date", "symbol", "time", "datetime", "Date", "SYMBOL", "\uff44ate", "index", "core", "all"]


def body(name: str) -> Callable[..., Any]:
    def some(close: Any) -> Any:
        """Some."""
        return factors.ops.last(close)

    some.__name__ = name
    return some


@pytest.mark.parametrize("name", NO_NAMES + COLUMNS, ids=ascii)
def test_a_definition_is_refused(name: str) -> None:
    before = dict(REGISTRY.factors)
    with pytest.raises(DefinitionError, match="is no name|is taken") as told:
        factors.factor(body(name))
    assert "\n" not in str(told.value).replace("\\n", "")
    assert REGISTRY.factors == before


@pytest.mark.parametrize("name", NO_NAMES + COLUMNS, ids=ascii)
def test_an_alias_is_refused(name: str) -> None:
    with pytest.raises(DefinitionError, match="alias.*(is no name|is taken)"):
        factors.factor(aliases=("fine", name))(body("mine"))
    assert "mine" not in REGISTRY.factors


@pytest.mark.parametrize("name", [*NO_NAMES, *COLUMNS, 5], ids=ascii)
def test_the_name_of_a_variant_is_refused(name: Any) -> None:
    with pytest.raises((DefinitionError, ArgumentError), match="must be a name|is taken"):
        factors.variant("return_last_30min", minutes=20, name=name)


@pytest.mark.parametrize("text", ["a\nb", "\x1b[31m", "]", "<b>\u2028"], ids=ascii)
def test_the_parameters_of_a_variant_are_part_of_its_name(text: str) -> None:
    def worded(close: Any, word: str = "plain") -> Any:
        """Some."""
        return factors.ops.last(close)

    factors.factor(worded)
    assert factors.variant("worded", word="other").name == "worded[word=other]"
    with pytest.raises(DefinitionError, match="is no name"):
        factors.variant("worded", word=text)


@pytest.mark.parametrize("name", NO_NAMES[:-3] + COLUMNS, ids=ascii)
def test_an_object_made_by_hand_is_refused(name: str) -> None:
    with pytest.raises(DefinitionError):
        replace(factors.factor(body("mine")), name=name)


@pytest.mark.parametrize("name", ["symbol", "date", "", "a\nb", "\x00"], ids=ascii)
def test_nothing_of_that_name_is_computed(name: str, tmp_path: Path, inputs: Path) -> None:
    for work in (
        lambda: factors.compute(factors.simulate_bars(stocks=3), [name]),
        lambda: factors.run_batch(inputs, tmp_path / "store", [name]),
        lambda: resolve([name]),
    ):
        with pytest.raises(FactorsError):
            work()
    assert not (tmp_path / "store").exists()
    with pytest.raises(SystemExit) as end:
        main(["batch", str(inputs), str(tmp_path / "store"), "--factors", name or ","])
    assert end.value.code == 2


@pytest.mark.parametrize(
    "text", ["(" * 9000, "-" * 100_000 + "1", "__import__('os').getcwd()", "{[]: 1}"], ids=range(4)
)
def test_text_in_a_variants_name_is_not_evaluated(text: str) -> None:
    with pytest.raises(FactorsError):
        resolve([f"return_last_30min[minutes={text}]"])


def test_names_that_are_fine() -> None:
    for name in ("日内动量", "dates", "symbol_1", "time_of_high", "_x"):
        assert factors.factor(body(name)).name == name
    check_name("some[minutes=5,share=1/5]", "it", of="some")
    for name, of in (("other[minutes=5]", "some"), ("some[minutes=5]", ""), ("some[a=1][b=2]", "some")):
        with pytest.raises(DefinitionError, match="is no name"):
            check_name(name, "it", of)


def test_the_words_that_are_taken_are_all_in_use(tmp_path: Path) -> None:
    """What stands beside the factors in a frame and in a store's file is refused."""
    frame = factors.compute(factors.simulate_bars(stocks=3), "VP")
    assert set(frame.reset_index().columns[:-1]) <= set(TAKEN)
    assert not set(TAKEN) & (set(REGISTRY.factors) | set(REGISTRY.aliases))
