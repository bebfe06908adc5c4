"""Tests of `factors.inputs`."""
