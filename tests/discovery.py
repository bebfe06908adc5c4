"""Test data that stands in a file per theme: a new file takes part without being named anywhere."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def modules(package: str, prefix: str = "") -> dict[str, Any]:
    """Return the modules of a package whose names begin with a prefix, imported, by name."""
    names = sorted(m.name for m in iter_modules(import_module(package).__path__) if m.name.startswith(prefix))
    return {name: import_module(f"{package}.{name}") for name in names}


def discover(package: str, prefix: str, attribute: str) -> list[Any]:
    """Return an attribute of all those modules that have it."""
    return [getattr(m, attribute) for m in modules(package, prefix).values() if hasattr(m, attribute)]
