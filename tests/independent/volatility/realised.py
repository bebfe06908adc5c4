"""Realised variances: sums of squared log returns, with less and less noise in them."""

from __future__ import annotations

import math

import numpy as np

from tests.independent.tools import D, Floats, Reference, library


def logs(d: D) -> Floats:
    """The N log returns, by the exact difference of the prices."""
    return np.log1p(np.diff(d.c) / d.c[:-1])


def apart(d: D, k: int) -> Floats:
    """Log growth over k minutes, from every minute that has one."""
    return np.log1p((d.c[k:] - d.c[:-k]) / d.c[:-k])


def moment(d: D, p: int) -> float:
    """Σ l^p/(Σ l²)^(p/2)·N^(p/2 − 1), without a mean taken off."""
    l = logs(d)  # noqa: E741
    return float(np.mean(l**p) / np.mean(l**2) ** (p / 2))


def signed(d: D, sign: int) -> float:
    """Σ of the squared returns of one sign."""
    return float(np.square(np.maximum(sign * logs(d), 0.0)).sum())


def autocovariances(d: D) -> Floats:
    """γ_0, γ_1, ..., γ_{N−1}, sums without a mean taken off."""
    l = logs(d)  # noqa: E741
    return np.correlate(l, l, "full")[len(l) - 1 :]


def kernel(d: D) -> float:
    """Realised kernel of the first five autocovariances with Parzen's weights."""
    n = d.n - 1
    if n < 6:
        return math.nan
    x = np.arange(5) / 5
    parzen = np.where(x <= 0.5, 1 - 6 * x**2 + 6 * x**3, 2 * (1 - x) ** 3)
    gamma = autocovariances(d)[:6]
    return float(gamma @ np.append(1.0, 2 * parzen * n / (n - np.arange(1, 6))))


def preaveraged(d: D) -> float:
    """Squares of the returns smoothed by a triangle, less the noise that is left."""
    l, theta = logs(d), 0.8  # noqa: E741
    k = math.floor(theta * math.sqrt(len(l)) + 1e-9)
    if k < 2:
        return math.nan
    x = np.linspace(0.0, 1.0, k + 1)
    g = np.minimum(x, 1 - x)
    psi1, psi2 = k * np.square(np.diff(g)).sum(), np.square(g[1:-1]).sum() / k
    smooth = library("scipy.signal").convolve(l, g[1:-1], mode="valid", method="direct")
    assert len(smooth) == len(l) - k + 2
    return float(
        (smooth @ smooth) / (theta * math.sqrt(len(l)) * psi2) - psi1 * (l @ l) / (2 * len(l) * theta**2 * psi2)
    )


def subsampled(d: D) -> float:
    """Mean of the five sums of squared five-minute returns, each grown to the whole day."""
    n = d.n - 1
    if n < 9:
        return math.nan
    grids = [d.c[o::5] for o in range(5)]
    return float(np.mean([np.mean(np.log(c[1:] / c[:-1]) ** 2) * n / 5 for c in grids]))


def two_scales(d: D) -> float:
    """Sparse sum of squares less its share of the dense one."""
    if d.n < 6:
        return math.nan
    sparse, dense = np.square(apart(d, 5)).sum() / 5, np.square(apart(d, 1)).sum()
    rho = (d.n - 4) / 5 / d.n
    return float((sparse - rho * dense) / (1 - rho))


REFERENCE: dict[str, Reference] = {
    "kernel_rv": kernel,
    "noise_var": lambda d: max(0.0, -float(autocovariances(d)[1]) / (d.n - 2)) if d.n > 2 else math.nan,
    "preaveraged_rv": preaveraged,
    "rkurt": lambda d: moment(d, 4),
    "rskew": lambda d: moment(d, 3),
    "rsv_down": lambda d: signed(d, -1),
    "rsv_up": lambda d: signed(d, 1),
    "rv": lambda d: float(np.linalg.norm(logs(d)) ** 2),
    "rv_subsampled": subsampled,
    "rvol": lambda d: float(np.linalg.norm(logs(d))),
    "signed_jump_variation": lambda d: float(logs(d) @ np.abs(logs(d))),
    "signed_jump_variation_ratio": lambda d: float(logs(d) @ np.abs(logs(d)) / np.square(logs(d)).sum()),
    "tsrv": two_scales,
}

LOCKED = set(REFERENCE) - {"rkurt", "rskew", "signed_jump_variation_ratio"}
