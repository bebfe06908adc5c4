"""Factors worked out by hand, a file per theme in the folders of `factors.library`, and the test of them."""
