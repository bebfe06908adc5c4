"""The built-in factors, by theme; importing this package fills the registry.

A definition reads like its formula. What the formulas leave open is settled once, for all of them:

- Series are filled: a minute without a bar, or with one without volume, carries the last close and has no volume.
  Minutes before the first traded bar of the day (t0) stay missing.
- `min_bars` counts the traded bars of the stock-day, and those of the `window` too where one is named.
- Moments are population moments (ddof 0).

A factor is NaN where the input lacks a field it lists. `return_improved` and `return_pm` list the open, being parts of
the day's return from the open, though their formulas are made of closes.

Every module of the package is imported; a new theme is a new file.
"""

from importlib import import_module
from pkgutil import walk_packages

MODULES = sorted(
    (m.name.removeprefix(f"{__name__}.") for m in walk_packages(__path__, f"{__name__}.") if not m.ispkg),
    key=lambda name: (not name.endswith("shared"), name),
)
"""Modules the definitions stand in, those of shared series first."""

for _name in MODULES:
    import_module(f"{__name__}.{_name}")
