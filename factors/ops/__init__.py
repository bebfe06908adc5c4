"""The verbs of a definition, read "over minutes": ``from factors import ops as m``.

Series are arrays of shape (stocks, minutes), NaN where a value does not exist; values have shape (stocks, 1), so that
series and values mix with plain operators. Reductions run over the minutes where the value exists. The verbs work on
any library that follows the array API standard (NumPy, CuPy); none of them warns, copies to the host or looks at data
to decide what to do.

>>> import numpy as np
>>> from factors import ops as m
>>> close = np.array([[10.0, 10.5, 10.2], [20.0, 20.0, np.nan]])
>>> m.max(close)
array([[10.5],
       [20. ]])
>>> m.sum(close / m.lag(close) - 1 > 0)
array([[1.],
       [0.]])
"""

from factors.ops.elementwise import abs, exists, exp, lag, lead, log, ratio, sign, sqrt, where
from factors.ops.moments import corr, kurt, skew, std, var
from factors.ops.reductions import any, at, between, count, first, head, last, max, mean, min, prod, sum, tail
from factors.ops.scans import cummax, cummin, cumsum
from factors.ops.selection import top

__all__ = [
    "abs", "any", "at", "between", "corr", "count", "cummax", "cummin", "cumsum", "exists", "exp", "first", "head",
    "kurt", "lag", "last", "lead", "log", "max", "mean", "min", "prod", "ratio", "sign", "skew", "sqrt", "std", "sum",
    "tail", "top", "var", "where",
]  # fmt: skip
