"""The nightly batch: minute-bar files in, a store of daily factor files out."""

from factors.batch.report import BatchReport, DayResult
from factors.batch.run import run_batch

__all__ = ["BatchReport", "DayResult", "run_batch"]
