// What every device shares, over V, M and the helpers of its header.
HELPER double* series(double* s, int k) { return s + (long)k * T * STRIDE; }
HELPER V lds(double* s, int k, int t) { return ld(series(s, k) + (long)t * STRIDE); }
HELPER void sts(double* s, int k, int t, V x) { st(series(s, k) + (long)t * STRIDE, x); }

// A series where it lies: in the storage or in scratch. Where an optional one is left out, p is 0.
struct Col { const double* p; long step; };
HELPER V at_(Col x, int t) { return ld(x.p + t * x.step); }

HELPER M isnan_(V x) { return x != x; }
HELPER M mask(V x) { return x != cst(0.0); }
HELPER V number(M m) { return select(m, cst(1.0), cst(0.0)); }
HELPER V ratio(V a, V b) { return select(b == cst(0.0), cst(NaN), a / b); }
HELPER V larger(V a, V b) { return select(a == a, select(a > b, a, b), a); }
HELPER V smaller(V a, V b) { return select(a == a, select(a < b, a, b), a); }
// Whether a series with such extremes is constant up to rounding.
HELPER M constant_(V least, V most) {
  V a = vabs(least), b = vabs(most);
  return most - least <= cst(1e-9) * select(a > b, a, b);
}
HELPER V vsign(V x) { return select(x > cst(0.0), cst(1.0), select(x < cst(0.0), cst(-1.0), x)); }

#ifndef SPLIT
// A positive number as m * 2^k, with m from 1 to 2; infinity as that power of 2.
#define HIGH_BITS 0x000fffffffffffffL
HELPER V normal(V x) { return select(x < cst(0x1p-1022), x * cst(0x1p54), x); }
HELPER V mantissa(V x) { return from_bits((bits(normal(x)) & HIGH_BITS) | 0x3ff0000000000000L); }
HELPER V exponent(V x) {
  V k = to_double((bits(normal(x)) >> 52) - 1023);
  return select(x == cst(INF), x, select(x < cst(0x1p-1022), k - cst(54.0), k));
}
#endif

// Natural logarithm within 1 ulp (fdlibm's algorithm, all lanes at once); missing where x is not positive.
HELPER V vlog(V x) {
  V m = mantissa(x), k = exponent(x);
  M up = m >= cst(0x1.6a09e667f3bcdp0);  // sqrt(2)
  m = select(up, m * cst(0.5), m), k = select(up, k + cst(1.0), k);
  V f = m - cst(1.0), s = f / (cst(2.0) + f), z = s * s, w = z * z;
  V even = w * vfma(w, vfma(w, cst(1.531383769920937332e-01), cst(2.222219843214978396e-01)), cst(3.999999999940941908e-01));
  V odd = vfma(w, cst(1.479819860511658591e-01), cst(1.818357216161805012e-01));
  odd = z * vfma(w, vfma(w, odd, cst(2.857142874366239149e-01)), cst(6.666666666666735130e-01));
  V half = cst(0.5) * f * f;
  V rest = vfma(s, half + even + odd, k * cst(1.90821492927058770002e-10));
  V r = k * cst(6.93147180369123816490e-01) - ((half - rest) - f);
  return select(x > cst(0.0), r, cst(NaN));
}

// The natural logarithm of 1 + x within 2 ulp: next to 0 by its series, each lane for itself; missing where x is not
// above -1.
HELPER V vlog1p(V x) {
  V z = x * x;
  V low = vfma(z, vfma(x, cst(-1.0 / 5), cst(1.0 / 4)), vfma(x, cst(-1.0 / 3), cst(1.0 / 2)));
  V high = vfma(z, vfma(x, cst(-1.0 / 11), cst(1.0 / 10)), vfma(x, cst(-1.0 / 9), cst(1.0 / 8)));
  high = vfma(z, high, vfma(x, cst(-1.0 / 7), cst(1.0 / 6)));
  V near = x - z * vfma(z * z, high, low);
  if (!beyond(x, 0x1p-5)) return near;
  V whole = cst(1.0) + x, lost = (x - (whole - cst(1.0))) / whole;  // what rounding takes from 1 + x
  V far = vlog(whole) + select(whole < cst(0x1p60), lost, cst(0.0));
  return select(vabs(x) <= cst(0x1p-5), near, far);
}

// e to the power of x within 1 ulp (fdlibm's algorithm), down to the smallest subnormal; next to 0 by its series, each
// lane for itself.
HELPER V vexp(V x) {
  V w = x * x;
  V low = vfma(x, cst(1.0 / 6), cst(1.0 / 2)), high = vfma(w, vfma(x, cst(1.0 / 5040), cst(1.0 / 720)), vfma(x, cst(1.0 / 120), cst(1.0 / 24)));
  V near = cst(1.0) + vfma(w, vfma(w, high, low), x);
  if (!beyond(x, 0x1p-6)) return near;
  V c = select(x > cst(710.0), cst(710.0), select(x < cst(-746.0), cst(-746.0), x));
  c = select(x == x, c, cst(0.0));
  V k = to_double(to_integer(c * cst(1.44269504088896338700)));
  V hi = c - k * cst(6.93147180369123816490e-01), lo = k * cst(1.90821492927058770002e-10);
  V r = hi - lo, z = r * r;
  V p = vfma(z, vfma(z, cst(4.13813679705723846039e-08), cst(-1.65339022054652515390e-06)), cst(6.61375632143793436117e-05));
  p = r - z * vfma(z, vfma(z, p, cst(-2.77777777770155933842e-03)), cst(1.66666666666666019037e-01));
  V y = cst(1.0) - ((lo - (r * p) / (cst(2.0) - p)) - hi);
  M n = to_integer(k), first = n >> 1;  // 2^k in two steps, so that subnormal results come out right
  y = y * from_bits((first + 1023) << 52) * from_bits((n - first + 1023) << 52);
  y = select(x > cst(709.782712893383973096), cst(INF), y);
  return select(vabs(x) <= cst(0x1p-6), near, select(x == x, y, x));
}

// Doubles as integers of the same order, both zeros as 0; and back.
HELPER M order(V x) { M n = bits(x), s = n >> 63; return ((n & 0x7fffffffffffffffL) ^ s) - s; }
HELPER V in_order(M n) { M s = n >> 63; return from_bits(((n ^ s) - s) | (s << 63)); }

// An integer above lo, at most hi: the given share of the way, by value around zero and by magnitude elsewhere; half way
// where that leads nowhere, or where wanted.
HELPER M pivot(M lo, M hi, V share, bool half) {
  V from = in_order(lo), to = in_order(hi);
  M around_zero = (lo <= nobody()) & (hi >= nobody());
  M there = lo + (to_integer(to_double((hi - lo) >> 12) * share) << 12);
  there = select(around_zero, order(from + (to - from) * share), there);
  M middle = (lo >> 1) + (hi >> 1) + ((lo | hi) & 1);
  return half ? middle : select((there > lo) & (there <= hi), there, middle);
}

HELPER V vmin(V a, V b) { return select(a < b, a, b); }
HELPER V vmax(V a, V b) { return select(a > b, a, b); }

HELPER V tally(V count, M m) { return select(m, count + cst(1.0), count); }

// Where between the bounds of the search the key of rank k should be, aimed a little past it from the farther bound.
HELPER V aim(V among, V above, V k) {
  V beyond = select(among - k > k - above, cst(0.05), cst(-0.05));
  return vmin(vmax((among - k + cst(0.5)) / (among - above) - beyond, cst(0.02)), cst(0.98));
}

#define key_at(t) at_(key, t)
#define row_at(t) ld(out + (t) * STRIDE)

// Between what the k-th largest key is found, as integers in the order of the keys: `among` keys are at or above lo,
// `above` keys are above hi. A lane is done when lo leaves as many as it wants (no ties), or when lo and hi are the same
// key (ties at it). At first there are n keys, and lo and hi are the extremes.
struct Sought { M lo, hi; V among, above; };
STEP void extremes(Sought* found, V* number, Col key, int begin, int end) {
  V n = cst(0.0), n1 = n, least = cst(INF), most = cst(-INF), least1 = least, most1 = most;
  int t = begin;
  for (; t < end - 1; t += 2) {  // several chains, here and below, because each waits for its own last result
    V x = key_at(t), y = key_at(t + 1);
    n = tally(n, x == x), least = vmin(x, least), most = vmax(x, most);
    n1 = tally(n1, y == y), least1 = vmin(y, least1), most1 = vmax(y, most1);
  }
  for (; t < end; ++t) {
    V x = key_at(t);
    n = tally(n, x == x), least = vmin(x, least), most = vmax(x, most);
  }
  *number = n + n1;  // lo > hi where there is no key at all
  *found = {order(vmin(least, least1)), order(vmax(most, most1)), *number, cst(0.0)};
}

// All lanes search at once. First pivots are counted over all minutes. Then the minutes where a lane has a key in between
// are moved together into `out`, and the search goes on among them, from key to key: every step leaves fewer keys in
// between, every other one halves the integers in between.
STEP void search(Sought* found, double* out, Col key, int begin, int end, V k) {
  V among = found->among, above = found->above;
  M lo = found->lo, hi = found->hi;
  int t;
  for (int i = 0; i < 6; ++i) {
    M open = (lo < hi) & (among != k);
    if (!any(open & (among - above > cst(12.0)))) break;
    M p = pivot(lo, hi, aim(among, above, k), false);
    V from = in_order(p), c0 = cst(0.0), c1 = c0, c2 = c0, c3 = c0;
    for (t = begin; t < end - 3; t += 4) {
      c0 = tally(c0, key_at(t) >= from);
      c1 = tally(c1, key_at(t + 1) >= from);
      c2 = tally(c2, key_at(t + 2) >= from);
      c3 = tally(c3, key_at(t + 3) >= from);
    }
    for (; t < end; ++t) c0 = tally(c0, key_at(t) >= from);
    V count = (c0 + c1) + (c2 + c3);
    M enough = open & (count >= k), few = open & (count < k);
    lo = select(enough, p, lo), among = select(enough, count, among);
    hi = select(few, p - 1, hi), above = select(few, count, above);
  }
  M open = (lo < hi) & (among != k);
  if (any(open)) {
    V from = select(open, in_order(lo), cst(INF)), to = select(open, in_order(hi), cst(-INF)), before = above;
    int rows = 0;
    for (t = begin; t < end; ++t) {
      V x = key_at(t);
      M between = (x >= from) & (x <= to);
      st(out + rows * STRIDE, select(between, x, cst(NaN)));
      rows += any(between);
    }
    for (int i = 0; any(open); ++i) {
      M p = pivot(lo, hi, aim(among, above, k), i & 1);
      V from = in_order(p), count = before, up = cst(INF), down = cst(-INF), count1 = cst(0.0), up1 = up, down1 = down;
      for (t = 0; t < rows - 1; t += 2) {
        V x = row_at(t), y = row_at(t + 1);
        M high = x >= from, high1 = y >= from;
        count = tally(count, high), up = select(high, vmin(x, up), up), down = select(x < from, vmax(x, down), down);
        count1 = tally(count1, high1), up1 = select(high1, vmin(y, up1), up1), down1 = select(y < from, vmax(y, down1), down1);
      }
      for (; t < rows; ++t) {
        V x = row_at(t);
        M high = x >= from;
        count = tally(count, high), up = select(high, vmin(x, up), up), down = select(x < from, vmax(x, down), down);
      }
      count = count + count1;
      M enough = open & (count >= k), few = open & (count < k);
      lo = select(enough, order(vmin(up, up1)), lo), among = select(enough, count, among);
      hi = select(few, order(vmax(down, down1)), hi), above = select(few, count, above);
      open = (lo < hi) & (among != k);
    }
  }
  *found = {lo, hi, among, above};
}

// Marks the max(1, n * numerator / denominator) largest keys of minutes begin..end, the earlier of equal ones first; with
// a denominator of 0, `numerator` of them, or all if there are fewer.
STEP void k_top(double* out, Col key, int begin, int end, double numerator, double denominator) {
  Sought found;
  V n;
  extremes(&found, &n, key, begin, end);
  V k = denominator == 0.0 ? vmin(cst(numerator), n) : vfloor(n * cst(numerator) / cst(denominator));
  k = select(k < cst(1.0), cst(1.0), k);
  search(&found, out, key, begin, end, k);
  V among = found.among, above = found.above, last = in_order(found.lo);
  int t;
  if (!any(among > k)) {
    for (t = begin; t < end; ++t) st(out + t * STRIDE, number(key_at(t) >= last));
    return;
  }
  V room = select(among > k, k - above, k);
  for (t = begin; t < end; ++t) {
    V x = key_at(t);
    M tie = x == last;
    st(out + t * STRIDE, number((x > last) | (tie & (room > cst(0.0)))));
    room = select(tie, room - cst(1.0), room);
  }
}
