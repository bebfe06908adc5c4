"""The engines on another array library and device, without a GPU."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from factors import backends, ops
from factors.backends.cuda import NVRTC_OPTIONS as OPTIONS
from factors.catalogue import resolve
from factors.common.fields import FIELDS
from factors.data.blocks.layout import LANES
from factors.data.calendar.session import get_session
from factors.data.device import packing
from factors.data.device import transfer as rows
from factors.engine import loop
from factors.engine.codegen.cuda import kernels
from factors.engine.fused.fusion import fuse
from factors.engine.fused.gpu import programs
from factors.engine.matrix import run as matrix
from factors.engine.planning.plan import make_plan
from tests.support.agreement import assert_agree
from tests.support.strategies import Market, markets
from tests.support.verbs.calls import CALLS

strict = pytest.importorskip("array_api_strict", reason="array-api-strict is not installed (extra 'test')")

from tests.support.devices.strict import DEVICE, StrictBackend  # noqa: E402

CORE = list(resolve("core").values())


@pytest.fixture(autouse=True)
def _flags():
    with strict.ArrayAPIStrictFlags(boolean_indexing=False, data_dependent_shapes=False):
        yield


def test_a_hidden_copy_raises() -> None:
    x = strict.ones((2, 3), device=DEVICE)
    with pytest.raises(Exception, match=r"device|numpy|convert"):
        np.asarray(x)


@settings(max_examples=max(settings.default.max_examples // 4, 1))
@given(market=markets(most=2))
def test_matrix_engine_on_a_second_device(market: Market) -> None:
    cube = market.cube()
    plan = make_plan(CORE, cube.fields)
    backend = StrictBackend()
    ours = matrix.run(plan, cube, backend)
    assert backend.taken <= 1  # one tile, one copy back
    assert_agree(plan, ours, matrix.run(plan, cube, backends.get("cpu")), "strict", rtol=1e-12)


@settings(max_examples=5)
@given(market=markets(most=1))
def test_loop_engine_on_a_second_device(market: Market) -> None:
    cube = market.cube()
    plan = make_plan(CORE, cube.fields)
    ours = loop.run(plan, cube, StrictBackend())
    assert_agree(plan, ours, loop.run(plan, cube, backends.get("cpu")), "strict", rtol=1e-12)


def moved(argument: Any, move: Callable[[Any], Any]) -> Any:
    """Return an argument with its arrays, also those in a list, moved."""
    if isinstance(argument, list):
        return [moved(a, move) for a in argument]
    return move(argument) if isinstance(argument, np.ndarray) else argument


def arrays_of(result: Any) -> list[Any]:
    """Return the arrays a verb returned: one, or those of a fit."""
    if is_dataclass(result):
        return [a for f in fields(result) for a in arrays_of(getattr(result, f.name))]
    return [a for part in result for a in arrays_of(part)] if isinstance(result, tuple) else [result]


@pytest.mark.parametrize("verb", ops.__all__)
def test_verb_on_a_second_device(verb: str) -> None:
    assert set(CALLS) == set(ops.__all__)
    function, arguments = getattr(ops, verb), CALLS[verb]
    here = function(*arguments)
    there = function(*(moved(a, lambda x: strict.asarray(x, device=DEVICE)) for a in arguments))
    for ours, theirs in zip(arrays_of(there), arrays_of(here), strict=True):
        assert ours.device == DEVICE
        np.testing.assert_allclose(StrictBackend().take(ours), theirs, rtol=1e-14)


@pytest.mark.parametrize("verb", ops.__all__)
def test_verb_takes_read_only_arrays_and_leaves_them(verb: str) -> None:
    def read_only(x: np.ndarray) -> np.ndarray:
        x = x.copy()
        x.flags.writeable = False
        return x

    getattr(ops, verb)(*(moved(a, read_only) for a in CALLS[verb]))


def _array_functions() -> set[str]:
    """Names that the verbs and the matrix engine take from the array library."""
    found = {"max", "min", "maximum", "minimum"}  # by getattr
    for file in [*Path(inspect.getfile(ops)).parent.glob("*.py"), Path(inspect.getfile(matrix))]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute):
                value = node.value
                if isinstance(value, ast.Name) and value.id == "xp":
                    found.add(node.attr)
                if isinstance(value, ast.Attribute) and value.attr == "xp":
                    found.add(node.attr)
    return found


def test_every_array_function_is_in_the_standard() -> None:
    names = _array_functions()
    assert len(names) > 20
    allowed = {"cumsum"}  # NumPy 2.0's name, used only where the standard's is absent
    assert [n for n in sorted(names - allowed) if not hasattr(strict, n)] == []


def test_every_array_function_exists_in_cupy() -> None:
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed (extra 'gpu-cu13' or 'gpu-cu12')")
    assert [n for n in sorted(_array_functions()) if not hasattr(cupy, n)] == []


def test_what_the_card_asks_of_cupy_is_there() -> None:
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed (extra 'gpu-cu13' or 'gpu-cu12')")
    import cupyx

    for documented, words in {
        cupy.RawModule: ("code", "options", "backend", "nvrtc"),
        cupy.RawModule.get_function: ("name",),
        cupy.RawKernel.__call__: ("grid", "block", "args"),
        cupy.ndarray.set: ("arr", "stream"),
        cupy.ndarray.get: ("stream", "out", "blocking"),
        cupy.cuda.Stream: ("non_blocking",),
        cupyx.empty_pinned: ("shape", "dtype"),
    }.items():
        assert [word for word in words if word not in str(documented.__doc__)] == [], documented
    assert issubclass(cupy.cuda.memory.OutOfMemoryError, MemoryError)
    assert hasattr(cupy.cuda.Device, "mem_info")
    for name in ("malloc", "free_bytes", "free_all_blocks"):
        assert hasattr(cupy.cuda.MemoryPool, name)
        assert name == "malloc" or hasattr(cupy.get_default_memory_pool(), name)
    for name in ("using_allocator", "get_allocator", "set_allocator"):
        assert callable(getattr(cupy.cuda, name))
    assert callable(cupy.asnumpy)
    assert hasattr(cupy.cuda.Stream, "__enter__")


@pytest.mark.usefixtures("needs_nvrtc")
def test_cupy_compiles_what_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """By CuPy's own call of NVRTC; only the architecture, for which it asks a device, is given."""
    pytest.importorskip("cupy", reason="CuPy is not installed (extra 'gpu-cu13' or 'gpu-cu12')")
    from cupy.cuda import compiler as of_cupy

    monkeypatch.setattr(of_cupy, "_get_arch_for_options_for_nvrtc", lambda arch: ("-arch=sm_90", "cubin"))
    plan = make_plan(list(resolve(["VP", "return_skewness"]).values()))
    (program,) = programs(fuse(plan, get_session("XSHG"), FIELDS).graph, FIELDS)
    texts = [part.code for part in kernels(program, LANES)]
    texts += [packing.code(), rows.code()]
    for text in texts:
        cubin, _ = of_cupy.compile_using_nvrtc(text, options=(*OPTIONS, "-ftz=true"), arch="90")
        assert cubin.startswith(b"\x7fELF")
