"""Tests of `factors.engine.lowering`."""
