"""Work shared out to threads."""

from __future__ import annotations

import subprocess
import sys

from factors.common.threads import each, spread

NESTED = """
from factors.common.threads import each
print(sum(each(lambda a: sum(each(lambda b: a * b, range(8), 4)), range(8), 4)))
"""


def test_in_order() -> None:
    assert each(lambda x: x * x, range(50), 4) == [x * x for x in range(50)]
    ranges = spread(lambda a, b: (a, b), 1000, 10)
    assert [edge for pair in ranges for edge in pair] == sorted([0, 1000, *2 * [end for _, end in ranges[:-1]]])


def test_work_that_shares_out_work() -> None:
    """A thread that waited for others of its pool might wait for ever: it does the work itself."""
    done = subprocess.run([sys.executable, "-c", NESTED], check=True, timeout=60, capture_output=True, text=True)
    assert done.stdout.strip() == str(28 * 28)
