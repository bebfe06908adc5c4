"""The factors once more in NumPy, SciPy and pandas, a file per theme, and the test that holds the loops to them."""
