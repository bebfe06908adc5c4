"""CUDA programs compiled to machine code by NVRTC, which needs neither driver nor device."""

from __future__ import annotations

import re
from typing import Any

from factors.backends.cuda import NVRTC_OPTIONS as OPTIONS

ARCHITECTURES = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
CUPY = ("-ftz=true", "--device-as-default-execution-space")
"""What CuPy adds to the options."""


def compiled(code: str, architecture: str) -> tuple[bytes, list[int]]:
    """Return the cubin, and the bytes that each function spills."""
    from cuda.bindings import nvrtc

    def ask(function: Any, *given: Any) -> Any:
        error, *found = function(*given)
        assert int(error) == 0, (function.__name__, error, log() if function is nvrtc.nvrtcCompileProgram else "")
        return found[0] if found else None

    def log() -> str:
        size = ask(nvrtc.nvrtcGetProgramLogSize, program)
        told = b" " * size
        ask(nvrtc.nvrtcGetProgramLog, program, told)
        return told.decode()

    program = ask(nvrtc.nvrtcCreateProgram, code.encode(), b"factors.cu", 0, [], [])
    options = [*OPTIONS, *CUPY, f"--gpu-architecture={architecture}", "--ptxas-options=-v"]
    ask(nvrtc.nvrtcCompileProgram, program, len(options), [option.encode() for option in options])
    spills = [int(n) for n in re.findall(r"(\d+) bytes spill stores", log())]
    cubin = b" " * ask(nvrtc.nvrtcGetCUBINSize, program)
    ask(nvrtc.nvrtcGetCUBIN, program, cubin)
    return cubin, spills
