"""Rows of one trading day after another."""
