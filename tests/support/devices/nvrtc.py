"""CUDA programs compiled to machine code by NVRTC, which needs neither driver nor device."""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import Any

from factors.backends.cuda import NVRTC_OPTIONS as OPTIONS
from factors.toolchain.cache import cache_folder

ARCHITECTURES = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
OLDEST, NEWEST = ARCHITECTURES[0], ARCHITECTURES[-1]
CUPY = ("-ftz=true", "--device-as-default-execution-space")
"""What CuPy adds to the options."""


def compiled(code: str, architecture: str) -> tuple[bytes, list[int]]:
    """Return the cubin, and the bytes that each function spills; both are kept where compiled code is."""
    from cuda.bindings import nvrtc

    options = [*OPTIONS, *CUPY, f"--gpu-architecture={architecture}", "--ptxas-options=-v"]
    made_of = "\0".join([code, *options, str(nvrtc.nvrtcVersion())])
    kept = cache_folder() / f"{hashlib.sha256(made_of.encode()).hexdigest()[:32]}.cubin"
    if kept.is_file():
        told, _, cubin = kept.read_bytes().partition(b"\n")
        return cubin, json.loads(told)

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
    ask(nvrtc.nvrtcCompileProgram, program, len(options), [option.encode() for option in options])
    spills = [int(n) for n in re.findall(r"(\d+) bytes spill stores", log())]
    cubin = b" " * ask(nvrtc.nvrtcGetCUBINSize, program)
    ask(nvrtc.nvrtcGetCUBIN, program, cubin)
    kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    staged = kept.with_name(f"{kept.name}.{os.getpid()}")
    staged.write_bytes(json.dumps(spills).encode() + b"\n" + cubin)
    staged.replace(kept)
    return cubin, spills
