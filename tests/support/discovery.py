"""Test data that stands in a file per theme: a new file takes part without being named anywhere."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages
from typing import Any


def modules(package: str, prefix: str = "") -> dict[str, Any]:
    """Return the modules in a package's folders whose names begin with a prefix, imported, by name; no tests."""
    below = walk_packages(import_module(package).__path__, f"{package}.")
    names = sorted((m.name.rpartition(".")[2], m.name) for m in below if not m.ispkg)
    return {
        name: import_module(path) for name, path in names if name.startswith(prefix) and not name.startswith("test_")
    }


def discover(package: str, attribute: str, prefix: str = "") -> list[Any]:
    """Return an attribute of all those modules that have it."""
    return [getattr(m, attribute) for m in modules(package, prefix).values() if hasattr(m, attribute)]
