"""Minute bars: as frames, files and rows, and real ones."""
