"""The progress bar: days left, and stocks per second."""

from __future__ import annotations

import sys
import time
import warnings
from types import TracebackType
from typing import Any

from factors.common.settings import setting


def is_hidden(progress: bool | None) -> bool | None:
    """Whether to show no bar, as tqdm takes it: None shows one if standard error is a terminal."""
    if progress is not None:
        return not progress
    if setting("FACTORS_PROGRESS") == "0" or sys.stderr is None:
        return True
    return False if "ipykernel" in sys.modules else None


class Progress:
    """A bar over a known number of steps, or nothing at all.

    Parameters
    ----------
    total : int
        Number of steps; a bar of none is not shown.
    progress : bool or None
        Whether to show it: as asked, or if someone is looking and FACTORS_PROGRESS is not 0.
    """

    def __init__(self, total: int, progress: bool | None) -> None:
        self.stocks, self.started = 0, time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a notebook without ipywidgets gets a plain bar
            from tqdm.auto import tqdm

        self.bar: Any = tqdm(total=total, unit="day", dynamic_ncols=True, disable=not total or is_hidden(progress))

    def more(self, steps: int) -> None:
        """Lengthen the bar: a file turned out to hold more days, or fewer."""
        self.bar.total += steps
        self.bar.refresh()

    def step(self, label: str, stocks: int) -> None:
        """Count one day and the stocks computed in it."""
        self.stocks += stocks
        self.bar.set_description(label, refresh=False)
        if self.stocks:
            rate = self.stocks / (time.perf_counter() - self.started)
            self.bar.set_postfix_str(f"{rate:,.0f} stocks/s", refresh=False)
        self.bar.update(1)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.bar.close()
