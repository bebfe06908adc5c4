"""Liquidity factors."""
