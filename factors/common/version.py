"""The version of the installed distribution, and that of the conventions behind its numbers."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("minute-factors")
except PackageNotFoundError:  # a checkout that was not installed
    __version__ = "0+unknown"

CONVENTIONS = 2
"""Version of what all factors share: which bars count, where a stock-day begins, which days are those before it.

It is raised when this changes and with it the values of factors whose own definitions stay; what was stored by another
is computed again.
"""
