"""minute-factors: daily factors from minute bars.

>>> import factors
>>> bars = factors.simulate_bars(stocks=50)
>>> frame = factors.compute(bars)
>>> frame.shape
(50, 50)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from factors import backends, library, ops
from factors.catalogue import describe, explain
from factors.catalogue import list_factors as list
from factors.check import check_factor
from factors.common.version import __version__ as __version__
from factors.compute import compute, warmup
from factors.data.calendar.session import Session
from factors.data.conventions.schema import Schema
from factors.data.cube.cube import MinuteCube
from factors.data.simulate.bars import simulate_bars, simulate_days, simulate_kinds
from factors.definitions.decorators import Factor, across, factor, forget, shared
from factors.definitions.variants import variant
from factors.errors import FactorsError
from factors.inputs.cube import cube

if TYPE_CHECKING:
    from factors.batch import run_batch
    from factors.reference import reference_page
    from factors.store.read import read_store

_ON_DEMAND = {
    "read_store": "factors.store.read", "reference_page": "factors.reference", "run_batch": "factors.batch"
}  # fmt: skip


def __getattr__(name: str) -> Any:  # what the nightly job needs is loaded when it is asked for
    if name in _ON_DEMAND:
        return getattr(import_module(_ON_DEMAND[name]), name)
    raise AttributeError(f"module 'factors' has no attribute {name!r}")


__all__ = [
    "Factor", "FactorsError", "MinuteCube", "Schema", "Session", "across", "backends", "check_factor", "compute",
    "cube", "describe", "explain", "factor", "forget", "library", "list", "ops", "read_store", "reference_page",
    "run_batch", "shared", "simulate_bars", "simulate_days", "simulate_kinds", "variant", "warmup",
]  # fmt: skip
