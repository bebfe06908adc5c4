"""Install a folder's wheel into a new environment and use it elsewhere: ``python tests/system/try_wheel.py dist``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

USE = """
import factors, factors.backends.gpu, factors.data.reader.reader, factors.store
frame = factors.compute(factors.simulate_bars(stocks=10))
assert frame.shape == (10, 50), frame.shape
print("wheel:", factors.__file__, factors.__version__)
"""


def main(dist: Path) -> None:
    """Fail unless exactly one wheel is there and works."""
    (wheel,) = dist.glob("*.whl")
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "env"
        venv.create(environment, with_pip=True)
        python = environment / "bin" / "python"
        empty = Path(folder) / "empty"
        empty.mkdir()
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel.resolve()], check=True
        )
        subprocess.run([python, "-W", "error", "-c", USE], cwd=empty, check=True)
        subprocess.run([environment / "bin" / "factors", "describe", "VP"], cwd=empty, check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
