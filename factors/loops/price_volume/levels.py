"""Volume by price level."""

from __future__ import annotations

import math
from fractions import Fraction

from factors.loops.day import StockDay
from factors.loops.moments import NAN, kurt, missing, ratio, skew, std, total
from factors.loops.order_tools import TIE, bin_index, levels
from factors.loops.registry import loop


def shares(day: StockDay) -> list[float]:
    """v_g = volume of group g/ΣV; groups are the traded bars of equal C_t."""
    whole = total(day.volume[t] for t in day.span)
    return [ratio(volume, whole) for _, volume in levels(day)]


@loop(inputs=("close", "volume"), min_bars=5)
def doc_std(day: StockDay) -> float:
    """std_g(v_g); NaN for one group."""
    v = shares(day)
    return std(v) if len(v) > 1 else NAN


@loop(inputs=("close", "volume"), min_bars=5)
def doc_skew(day: StockDay) -> float:
    """skew_g(v_g); NaN for fewer than 3 groups."""
    v = shares(day)
    return skew(v) if len(v) >= 3 else NAN


@loop(inputs=("close", "volume"), min_bars=5)
def doc_kurt(day: StockDay) -> float:
    """kurt_g(v_g); NaN for fewer than 4 groups."""
    v = shares(day)
    return kurt(v) if len(v) >= 4 else NAN


def depth(day: StockDay, share: str) -> float:
    """j/G, j the first rank by descending price with 100·(volume of groups 1..j) > 100·share·ΣV."""
    p = Fraction(share)
    found = levels(day)[::-1]
    whole = total(day.volume[t] for t in day.span)
    so_far = []
    for j, (_, volume) in enumerate(found, 1):
        so_far.append(volume)
        if p.denominator * total(so_far) > (1 + TIE) * p.numerator * whole:
            return j / len(found)
    return NAN


@loop(inputs=("close", "volume"), min_bars=5)
def doc_pdf60(day: StockDay, share: str = "3/5") -> float:
    """j/G for 60 % of the volume."""
    return depth(day, share)


@loop(inputs=("close", "volume"), min_bars=5)
def doc_pdf70(day: StockDay, share: str = "7/10") -> float:
    """j/G for 70 % of the volume."""
    return depth(day, share)


@loop(inputs=("close", "volume"), min_bars=5)
def doc_pdf80(day: StockDay, share: str = "4/5") -> float:
    """j/G for 80 % of the volume."""
    return depth(day, share)


@loop(inputs=("close", "volume"), min_bars=5)
def doc_pdf90(day: StockDay, share: str = "9/10") -> float:
    """j/G for 90 % of the volume."""
    return depth(day, share)


@loop(inputs=("close", "volume"), min_bars=5)
def doc_pdf95(day: StockDay, share: str = "19/20") -> float:
    """j/G for 95 % of the volume."""
    return depth(day, share)


@loop(inputs=("close", "volume"), min_bars=5)
def doc_vol5_ratio(day: StockDay, k: int = 5) -> float:
    """Sum of the 5 largest v_g."""
    return total(sorted(shares(day), reverse=True)[:k])


@loop(inputs=("close", "volume"), min_bars=5)
def doc_vol10_ratio(day: StockDay, k: int = 10) -> float:
    """Sum of the 10 largest v_g."""
    return total(sorted(shares(day), reverse=True)[:k])


@loop(inputs=("close", "volume"), min_bars=5)
def doc_vol50_ratio(day: StockDay, k: int = 50) -> float:
    """Sum of the 50 largest v_g."""
    return total(sorted(shares(day), reverse=True)[:k])


def amounts_by_bin(day: StockDay, bins: int) -> list[float]:
    """ΣA_t in each bin, k = ⌊(bins·(C_t − L_d))/(H_d − L_d)⌋ brought into 0..bins − 1."""
    inside: list[list[float]] = [[] for _ in range(bins)]
    for t in day.span:
        k = bin_index((bins * (day.close[t] - day.day_low)) / (day.day_high - day.day_low))
        inside[max(0, min(bins - 1, k))].append(day.amount[t])
    return [total(amounts) for amounts in inside]


@loop(inputs=("high", "low", "close", "amount"), min_bars=10)
def close_vs_poc(day: StockDay, bins: int = 10) -> float:
    """(C_d − L_d)/(H_d − L_d) − (k* + 0.5)/10, k* = the lowest bin with the largest ΣA_t."""
    if missing(day.day_high) or missing(day.day_low) or day.day_high == day.day_low:
        return NAN
    amounts = amounts_by_bin(day, bins)
    if not total(amounts) > 0:
        return NAN
    busiest = amounts.index(max(amounts))
    return (day.last_close - day.day_low) / (day.day_high - day.day_low) - (busiest + 0.5) / bins


@loop(inputs=("high", "low", "close", "amount"), min_bars=10)
def pricebin_volume_skew(day: StockDay, bins: int = 10) -> float:
    """Σ_k v_k·(k − μ)³/σ³, v_k the share of ΣA_t in bin k; NaN if one bin has it all."""
    if missing(day.day_high) or missing(day.day_low) or day.day_high == day.day_low:
        return NAN
    amounts = amounts_by_bin(day, bins)
    whole = total(amounts)
    if sum(a > 0 for a in amounts) < 2:
        return NAN
    v = [a / whole for a in amounts]
    mu = total(k * v_k for k, v_k in enumerate(v))
    variance = total(v_k * (k - mu) ** 2 for k, v_k in enumerate(v))
    return total(v_k * (k - mu) ** 3 for k, v_k in enumerate(v)) / (variance * math.sqrt(variance))


def region(day: StockDay, share: str) -> tuple[float, float]:
    """p_lo, p_hi of the levels around the one of largest volume that hold the share of ΣV.

    Starts at the level of largest volume (ties: lowest price); while the volume inside is less than the share, adds
    the neighbouring level below or above, whichever has more volume (ties: below; at an end: the other side).
    Sums within 1e-9 of each other are ties.
    """
    p = Fraction(share)
    found = levels(day)
    whole = total(day.volume[t] for t in day.span)
    heaviest = max(volume for _, volume in found)
    low = high = next(g for g in range(len(found)) if found[g][1] >= (1 - TIE) * heaviest)
    while p.denominator * total(volume for _, volume in found[low : high + 1]) < (1 - TIE) * p.numerator * whole:
        if high + 1 == len(found) or (low > 0 and found[low - 1][1] >= (1 - TIE) * found[high + 1][1]):
            low -= 1
        else:
            high += 1
    return found[low][0], found[high][0]


@loop(inputs=("high", "low", "close", "volume"), min_bars=10)
def volume_support_p(day: StockDay, share: str = "1/2") -> float:
    """(H_d − p_lo)/C_d."""
    return ratio(day.day_high - region(day, share)[0], day.last_close)


@loop(inputs=("high", "low", "close", "volume"), min_bars=10)
def volume_support_b(day: StockDay, share: str = "1/2") -> float:
    """(p_hi − L_d)/C_d."""
    return ratio(region(day, share)[1] - day.day_low, day.last_close)


@loop(inputs=("high", "low", "close", "volume"), min_bars=10)
def support_close_gap(day: StockDay, share: str = "1/2") -> float:
    """(C_d − p_lo)/C_d."""
    return ratio(day.last_close - region(day, share)[0], day.last_close)
