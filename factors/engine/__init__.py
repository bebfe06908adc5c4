"""Engines: ways to run a plan over a cube. All give the same numbers; the loops decide who is right."""
