"""How much the tests try: the profile ``quick``, or ``thorough`` by ``--hypothesis-profile thorough``."""

from __future__ import annotations

import hypothesis

PROFILES = {"quick": 60, "thorough": 600}
"""Examples of a property."""


def thorough() -> bool:
    """Whether the thorough profile was asked for."""
    return hypothesis.settings.default.max_examples >= PROFILES["thorough"]
