"""Engines, devices and libraries that have to give the same numbers."""
