"""Passes over rows in C++."""
