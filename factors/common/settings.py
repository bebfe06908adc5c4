"""The environment variables that the library reads: each when it is needed, so that a change counts at once."""

from __future__ import annotations

import os

SETTINGS = {
    "FACTORS_BACKEND": "device that backend='auto' takes; default: a GPU where there is one",
    "FACTORS_CACHE": "folder of compiled code; default: minute-factors in the user's cache folder",
    "FACTORS_CXXFLAGS": "flags of the C++ compiler for this processor; default: -march=native",
    "FACTORS_PROGRESS": "0 shows no progress bar of a batch; default: one where someone looks",
    "CUPY_CACHE_DIR": "folder of CuPy's compiled kernels; default: .cupy/kernel_cache in the user's home",
    "CXX": "C++ compiler; default: c++, g++, clang++ or the ziglang package",
}
"""What each is for, by name."""


def setting(name: str) -> str | None:
    """Return the value of one of `SETTINGS`; None where it is not set, which is not the same as set to nothing."""
    if name not in SETTINGS:
        raise KeyError(f"{name} is none of the library's settings: {', '.join(SETTINGS)}")
    return os.environ.get(name)


def environment(**changed: str) -> dict[str, str]:
    """Return the environment for another program, with some variables changed."""
    return os.environ | changed


def change(name: str, value: str) -> None:
    """Change a variable that another library reads, for the rest of this process."""
    os.environ[name] = value
