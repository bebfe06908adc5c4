"""Volatility factors."""
