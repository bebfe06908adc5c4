"""Minute bars in any container as Arrow columns."""
