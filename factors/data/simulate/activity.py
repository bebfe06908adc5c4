"""The pace of a simulated market: its random streams, the shape of its day, and activity that comes in clusters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from factors.data.calendar.session import Session

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]

SLOW, FAST = 60.0, 4.0
"""Memory of the two activity components, in minutes."""


def stream(seed: int, *key: int) -> np.random.Generator:
    """Return the generator of one purpose and day, independent of all others."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def profiles(session: Session) -> tuple[F64, F64]:
    """Return volatility and volume by minute, shape (T,) each, of mean square, and mean, 1.

    High after the open and each reopening, low before a break, rising into the close. The closing call of XSHG rests
    for two minutes and ends in one large trade.
    """
    t = np.arange(session.minutes)
    left = t[::-1]
    volatility = 0.8 + 1.1 * np.exp(-t / 5) + 0.8 * np.exp(-t / 30) + 0.25 * np.exp(-left / 15)
    volume = 0.72 + 1.3 * np.exp(-t / 25) + 2.0 * np.exp(-t / 0.8) + 0.9 * np.exp(-left / 15)
    opens = np.cumsum([stop - start for start, stop in session.spans])[:-1]
    for since in (t[first:] - first for first in opens):
        volatility[-len(since) :] += 0.8 * np.exp(-since / 1.5)
        volume[-len(since) :] += 1.2 * np.exp(-since / 0.8)
    volume[-1] = 3.6
    if has_call(session):
        volume[-3:-1] = volatility[-3:-1] = 0.0
        volatility[-1] *= 1.7
    return volatility / np.sqrt(np.mean(volatility**2)), volume / volume.mean()


def has_call(session: Session) -> bool:
    """Whether the day ends in a closing call whose minutes are part of the grid."""
    return session.name == "XSHG"


def activity(rng: np.random.Generator, columns: int, minutes: int, jumps: I64) -> tuple[F32, F32, F32]:
    """Return the slow component, the fast one and the shock, shape (columns, minutes) each, of unit variance.

    `jumps` are flat positions in (minutes, columns) at which the fast component is pushed up.
    """
    parts = []
    for memory in (SLOW, FAST, 0.0):
        x = rng.standard_normal((minutes, columns), dtype=np.float32)
        if memory:
            keep = np.exp(np.float32(-1 / memory))
            if memory == FAST:
                x.reshape(-1)[jumps] += np.float32(5)
            x[1:] *= np.sqrt(1 - keep**2)
            for t in range(1, minutes):
                x[t] += keep * x[t - 1]
        parts.append(np.ascontiguousarray(x.T))
    return parts[0], parts[1], parts[2]


def mix(parts: tuple[F32, F32, F32], weights: tuple[float, float, float], power: int) -> F32:
    """Return exp of the weighted sum, scaled so that the mean of its `power`-th power is 1."""
    log = np.float32(weights[0]) * parts[0]
    for x, weight in zip(parts[1:], weights[1:], strict=True):
        log += np.float32(weight) * x
    log -= np.float32(power / 2 * sum(w * w for w in weights))
    np.exp(log, out=log)
    return log
