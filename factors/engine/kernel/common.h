// What every device shares, over V, M and the helpers of its header.
#define HIGH_BITS 0x000fffffffffffffL

HELPER double* series(double* s, int k) { return s + (long)k * T * STRIDE; }
HELPER V lds(double* s, int k, int t) { return ld(series(s, k) + (long)t * STRIDE); }
HELPER void sts(double* s, int k, int t, V x) { st(series(s, k) + (long)t * STRIDE, x); }

HELPER M isnan_(V x) { return x != x; }
HELPER M mask(V x) { return x != cst(0.0); }
HELPER V number(M m) { return select(m, cst(1.0), cst(0.0)); }
HELPER V ratio(V a, V b) { return select(b == cst(0.0), cst(NaN), a / b); }
HELPER V vsign(V x) { return select(x > cst(0.0), cst(1.0), select(x < cst(0.0), cst(-1.0), x)); }

// Natural logarithm within 1 ulp (fdlibm's algorithm, all lanes at once); missing where x is not positive.
HELPER V vlog(V x) {
  M tiny = x < cst(0x1p-1022);
  V y = select(tiny, x * cst(0x1p54), x);
  M n = bits(y);
  M up = (n & HIGH_BITS) >= (M)(bits(cst(0.0)) + 0x6a09e667f3bcdL);  // mantissa at or above sqrt(2)
  V m = from_bits((n & HIGH_BITS) | 0x3ff0000000000000L);
  m = select(up, m * cst(0.5), m);
  V k = to_double((n >> 52) - 1023) + number(up) - select(tiny, cst(54.0), cst(0.0));
  V f = m - cst(1.0), s = f / (cst(2.0) + f), z = s * s, w = z * z;
  V even = w * (cst(3.999999999940941908e-01) + w * (cst(2.222219843214978396e-01) + w * cst(1.531383769920937332e-01)));
  V odd = z * (cst(6.666666666666735130e-01) + w * (cst(2.857142874366239149e-01) + w * (cst(1.818357216161805012e-01) + w * cst(1.479819860511658591e-01))));
  V half = cst(0.5) * f * f;
  V r = k * cst(6.93147180369123816490e-01) - ((half - (s * (half + even + odd) + k * cst(1.90821492927058770002e-10))) - f);
  r = select(x == cst(INF), x, r);
  return select(x > cst(0.0), r, cst(NaN));
}

// e to the power of x within 1 ulp (fdlibm's algorithm), down to the smallest subnormal.
HELPER V vexp(V x) {
  V c = select(x > cst(710.0), cst(710.0), select(x < cst(-746.0), cst(-746.0), x));
  c = select(x == x, c, cst(0.0));
  V k = to_double(to_integer(c * cst(1.44269504088896338700)));
  V hi = c - k * cst(6.93147180369123816490e-01), lo = k * cst(1.90821492927058770002e-10);
  V r = hi - lo, z = r * r;
  V p = r - z * (cst(1.66666666666666019037e-01) + z * (cst(-2.77777777770155933842e-03) + z * (cst(6.61375632143793436117e-05) + z * (cst(-1.65339022054652515390e-06) + z * cst(4.13813679705723846039e-08)))));
  V y = cst(1.0) - ((lo - (r * p) / (cst(2.0) - p)) - hi);
  M n = to_integer(k), first = n >> 1;  // 2^k in two steps, so that subnormal results come out right
  y = y * from_bits((first + 1023) << 52) * from_bits((n - first + 1023) << 52);
  y = select(x > cst(709.782712893383973096), cst(INF), y);
  return select(x == x, y, x);
}

// A number between lo and hi, above lo: half way in the order of the bit patterns where both are positive.
HELPER V midway(V lo, V hi) {
  V even = lo + (hi - lo) * cst(0.5);
  even = select(even > lo, even, hi);
  return select(lo >= cst(0.0), from_bits(bits(lo) + ((bits(hi) - bits(lo) + 1) >> 1)), even);
}

HELPER V vmin(V a, V b) { return select(a < b, a, b); }
HELPER V vmax(V a, V b) { return select(a > b, a, b); }

#define key_at(t) ld(key + (t) * step)

// Marks the max(1, n * numerator / denominator) largest keys of minutes begin..end, the earlier of equal ones first.
//
// The smallest of them is looked for between lo and hi, all lanes at once: first by counting the keys at or above a
// pivot, which ends at once for a lane whose count is right; then, for lanes where equal keys make it jump past, by
// steps from key to key. Adding 0 makes a negative zero positive, so that the order of bit patterns holds.
STEP void top(const double* key, long step, double* out, int begin, int end, double numerator, double denominator) {
  V n = cst(0.0), lo = cst(INF), hi = cst(-INF);
  for (int t = begin; t < end; ++t) {
    V x = key_at(t);
    n = select(x == x, n + cst(1.0), n);
    lo = vmin(x, lo);
    hi = vmax(x, hi);
  }
  V k = vfloor(n * cst(numerator) / cst(denominator));
  k = select(k < cst(1.0), cst(1.0), k);
  lo = lo + cst(0.0), hi = hi + cst(0.0);
  for (int i = 0; i < 6 && any(lo < hi); ++i) {
    V mid = midway(lo, hi), count = cst(0.0), c1 = count, c2 = count, c3 = count;
    int t = begin;
    for (; t < end - 3; t += 4) {  // four chains, because each waits for its own last result
      count = select(key_at(t) >= mid, count + cst(1.0), count);
      c1 = select(key_at(t + 1) >= mid, c1 + cst(1.0), c1);
      c2 = select(key_at(t + 2) >= mid, c2 + cst(1.0), c2);
      c3 = select(key_at(t + 3) >= mid, c3 + cst(1.0), c3);
    }
    for (; t < end; ++t) count = select(key_at(t) >= mid, count + cst(1.0), count);
    count = (count + c1) + (c2 + c3);
    M open = lo < hi;
    hi = select(open & (count <= k), mid, hi);
    lo = select(open & (count >= k), mid, lo);
  }
  if (any(lo < hi)) {
    V below = cst(-INF), above = cst(INF);
    for (int t = begin; t < end; ++t) {
      V x = key_at(t);
      above = vmin(select(x >= lo, x, cst(INF)), above);
      below = vmax(select(x <= hi, x, cst(-INF)), below);
    }
    lo = above + cst(0.0), hi = below + cst(0.0);
  }
  while (any(lo < hi)) {  // both are keys, and every step leaves fewer of them in between
    V mid = midway(lo, hi), count = cst(0.0), below = cst(-INF), above = cst(INF);
    for (int t = begin; t < end; ++t) {
      V x = key_at(t);
      M high = x >= mid;
      count = select(high, count + cst(1.0), count);
      above = vmin(select(high, x, cst(INF)), above);
      below = vmax(select(x < mid, x, cst(-INF)), below);
    }
    M open = lo < hi, enough = count >= k;
    lo = select(open & enough, above + cst(0.0), lo);
    hi = select(open, select(enough, select(count == k, above, hi), below) + cst(0.0), hi);
  }
  V room = k;
  for (int t = begin; t < end; ++t) room = select(key_at(t) > lo, room - cst(1.0), room);
  for (int t = begin; t < end; ++t) {
    V x = key_at(t);
    M tie = x == lo;
    st(out + t * STRIDE, number((x > lo) | (tie & (room > cst(0.0)))));
    room = select(tie, room - cst(1.0), room);
  }
}
