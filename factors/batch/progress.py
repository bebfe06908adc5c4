"""The progress bar: days left, and stocks per second."""

from __future__ import annotations

import os
import sys
import time
import warnings
from types import TracebackType
from typing import Any


def wanted(progress: bool | None) -> bool:
    """Whether to show a bar: as asked, or if someone is looking and FACTORS_PROGRESS is not 0."""
    if progress is not None:
        return progress
    if os.environ.get("FACTORS_PROGRESS", "") == "0":
        return False
    return "ipykernel" in sys.modules or (sys.stderr is not None and sys.stderr.isatty())


class Progress:
    """A bar over a known number of steps, or nothing at all.

    Parameters
    ----------
    total : int
        Number of steps.
    progress : bool or None
        See `wanted`.
    """

    def __init__(self, total: int, progress: bool | None) -> None:
        self.bar: Any = None
        self.stocks, self.started = 0, time.perf_counter()
        if total and wanted(progress):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a notebook without ipywidgets gets a plain bar
                from tqdm.auto import tqdm

            self.bar = tqdm(total=total, unit="day", dynamic_ncols=True)

    def more(self, steps: int) -> None:
        """Lengthen the bar: a file turned out to hold more days, or fewer."""
        if self.bar is not None and steps:
            self.bar.total += steps
            self.bar.refresh()

    def step(self, label: str, stocks: int) -> None:
        """Count one day and the stocks computed in it."""
        self.stocks += stocks
        if self.bar is not None:
            self.bar.set_description(label, refresh=False)
            if self.stocks:
                rate = self.stocks / (time.perf_counter() - self.started)
                self.bar.set_postfix_str(f"{rate:,.0f} stocks/s", refresh=False)
            self.bar.update(1)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.bar is not None:
            self.bar.close()
