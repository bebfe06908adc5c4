"""How much the tests try: the profile ``quick``, or ``thorough`` by ``--hypothesis-profile thorough``."""

from __future__ import annotations

import os

import hypothesis

PROFILES = {"quick": 60, "thorough": 600}
"""Examples of a property."""


def reproducible() -> bool:
    """Whether every run tries the same examples, as where CI is set."""
    return "CI" in os.environ


def thorough() -> bool:
    """Whether the thorough profile was asked for."""
    return hypothesis.settings.default.max_examples >= PROFILES["thorough"]
