"""How exact the factors are: every engine, SciPy and pandas against the formulas in fifty digits, on hostile days."""
