"""minute-factors: daily factors from minute bars.

>>> import factors
>>> bars = factors.simulate_bars(stocks=50)
>>> frame = factors.compute(bars)
>>> frame.shape
(50, 50)
"""

from importlib.metadata import PackageNotFoundError, version

from factors import backends, library, ops
from factors.catalogue import describe, explain
from factors.catalogue import list_factors as list
from factors.check import check_factor
from factors.compute import compute, cube
from factors.data.cube import MinuteCube
from factors.data.schema import Schema
from factors.data.session import Session
from factors.data.simulate import simulate_bars, simulate_days, simulate_kinds
from factors.definition import Factor, factor, forget, shared
from factors.errors import FactorsError

try:
    __version__ = version("minute-factors")
except PackageNotFoundError:  # a checkout that was not installed
    __version__ = "0+unknown"

__all__ = [
    "Factor", "FactorsError", "MinuteCube", "Schema", "Session", "backends", "check_factor", "compute", "cube",
    "describe", "explain", "factor", "forget", "library", "list", "ops", "shared", "simulate_bars", "simulate_days",
    "simulate_kinds",
]  # fmt: skip
