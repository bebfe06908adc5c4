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

from factors.ops import blocks, derived, fits, moving, order
from factors.ops.blocks import bucket_flow as bucket_flow
from factors.ops.blocks import rescaled_range as rescaled_range
from factors.ops.blocks import spectrum as spectrum
from factors.ops.derived import (
    bin_index as bin_index,
)
from factors.ops.derived import (
    change as change,
)
from factors.ops.derived import (
    clip as clip,
)
from factors.ops.derived import (
    cov as cov,
)
from factors.ops.derived import (
    entropy as entropy,
)
from factors.ops.derived import (
    entropy_of as entropy_of,
)
from factors.ops.derived import (
    leading as leading,
)
from factors.ops.derived import (
    log_change as log_change,
)
from factors.ops.derived import (
    median3 as median3,
)
from factors.ops.derived import (
    median_minute as median_minute,
)
from factors.ops.derived import (
    normal_cdf as normal_cdf,
)
from factors.ops.derived import (
    power as power,
)
from factors.ops.derived import (
    settle as settle,
)
from factors.ops.derived import (
    slope as slope,
)
from factors.ops.derived import (
    slope_of as slope_of,
)
from factors.ops.derived import (
    student3_cdf as student3_cdf,
)
from factors.ops.elementwise import (
    abs,
    atan,
    erf,
    exists,
    exp,
    floor,
    lag,
    larger,
    lead,
    log,
    log1p,
    ratio,
    sign,
    smaller,
    sqrt,
    where,
)
from factors.ops.fits import Fit as Fit
from factors.ops.fits import ols as ols
from factors.ops.moving import moving_cov as moving_cov
from factors.ops.moving import moving_mean as moving_mean
from factors.ops.moving import moving_std as moving_std
from factors.ops.moving import moving_sum as moving_sum
from factors.ops.order import ahead as ahead
from factors.ops.order import area as area
from factors.ops.order import group_sum as group_sum
from factors.ops.order import half_var as half_var
from factors.ops.order import quantile as quantile
from factors.ops.order import rank as rank
from factors.ops.order import spaced as spaced
from factors.ops.reductions import (
    any,
    at,
    between,
    centred,
    corr,
    count,
    first,
    head,
    kurt,
    last,
    max,
    mean,
    min,
    prod,
    skew,
    std,
    sum,
    tail,
    var,
)
from factors.ops.scans import cummax, cummin, cumsum, ffill
from factors.ops.selection import top

__all__ = [
    "abs", "any", "at", "atan", "between", "centred", "corr", "count", "cummax", "cummin", "cumsum", "erf", "exists",
    "exp", "ffill", "first", "floor", "head", "kurt", "lag", "larger", "last", "lead", "log", "log1p", "max", "mean",
    "min", "prod", "ratio", "sign", "skew", "smaller", "sqrt", "std", "sum", "tail", "top", "var", "where",
]  # fmt: skip
__all__ += derived.__all__
__all__ += order.__all__
__all__ += moving.__all__
__all__ += fits.__all__
__all__ += blocks.__all__

DERIVED = (*derived.__all__, *order.DERIVED, *moving.DERIVED, *fits.DERIVED, *blocks.DERIVED)
"""Verbs that are made of other verbs, and run on every engine without a form of their own."""
