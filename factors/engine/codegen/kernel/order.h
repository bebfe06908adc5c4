// The order of the minutes by a key, and what is read from it.
//
// An order is a series of integers: row k, from 0, is about the minute of the k-th largest key, of equal keys the earlier
// first; behind the last key stand the minutes without one. So every minute is in it once, and one sort serves all that
// read the key. The lower half of a row says where its minute lies in scratch memory (t * STRIDE); EQUAL is set if its
// key is that of the row before, the sign if it has none. Row 0 has the number of keys, from bit 32 on. What walks
// along an order gathers and scatters lane by lane; the arithmetic in between is done for all lanes at once.
#define EQUAL (1L << 62)
#define NONE (-1L << 63)
#define LOW_HALF 0xffffffffL

#if W == 1
HELPER void set(V& x, int, double value) { x = value; }
#else
HELPER void set(V& x, int lane, double value) { x[lane] = value; }
#endif

HELPER double* row(double* rows, long k) { return rows + k * STRIDE; }
HELPER M row(Col order, long k) { return bits(ld(order.p + k * STRIDE)); }
HELPER M keyed(M row) { return row >= nobody(); }
HELPER M begins(M row) { return keyed(row) & ((row & EQUAL) == nobody()); }
HELPER V number_of(Col order) { return to_double((row(order, 0) >> 32) & 0xffffL); }

// One lane of an order: where the minute of row k lies, and a series there.
HELPER long place(const double* rows, int lane) { unsigned long n; __builtin_memcpy(&n, rows + lane, sizeof n); return n & LOW_HALF; }
HELPER long step_of(Col x) { return LANES == STRIDE ? 1 : x.step / STRIDE; }
HELPER double value(Col order, Col x, int lane, long k) { return x.p[place(order.p + k * STRIDE, lane) * step_of(x) + lane]; }

#define AT(lane) x.p[place(rows, lane) * step_of(x) + lane]
#if W == 8
HELPER V gathered(Col x, const double* rows) { return V{AT(0), AT(1), AT(2), AT(3), AT(4), AT(5), AT(6), AT(7)}; }
#elif W == 4
HELPER V gathered(Col x, const double* rows) { return V{AT(0), AT(1), AT(2), AT(3)}; }
#elif W == 2
HELPER V gathered(Col x, const double* rows) { return V{AT(0), AT(1)}; }
#else
HELPER V gathered(Col x, const double* rows) { const int lane = 0; return AT(lane); }
#endif
HELPER V gathered(Col x, Col order, long k) { return gathered(x, order.p + k * STRIDE); }

// A row put back to its minutes.
#define PUT(lane) out[place(rows, lane) + lane] = x[lane];
HELPER void scatter(double* out, Col order, long k, V x) {
  const double* rows = order.p + k * STRIDE;
#if W == 1
  out[place(rows, 0)] = x;
#else
  PUT(0) PUT(1)
#if W > 2
  PUT(2) PUT(3)
#endif
#if W > 4
  PUT(4) PUT(5) PUT(6) PUT(7)
#endif
#endif
}
#include "sorting.h"

STEP void k_order(double* out, Col key, int begin, int end) {
  double rows[(T < 32 ? 32 : 2 * T) * W];
  int n = end - begin, length = 16;
  while (2 * length < n) length *= 2;
  codes_of(rows, key, begin, end, length);
  sort_codes(rows, length);
  if (any(write_order(out, rows, key, n, length))) mend(out, rows, key, n);
}

// What x adds in a row of an order; 1 if there is no x, nothing where it is missing.
HELPER V added(Col x, Col order, int k) {
  if (!x.p) return cst(1.0);
  V v = gathered(x, order, k);
  return select(v == v, v, cst(0.0));
}

// Of each row, where its run of equal keys ends, from the back; behind the keys that means nothing.
HELPER V run_end(Col order, int k, int n, V before) {
  if (k + 1 == n) return cst(n);
  return select(keyed(row(order, k + 1)) & not_(begins(row(order, k + 1))), before, cst(k + 1));
}

// Adds up x over the minutes ahead, or counts them if there is no x. With the smallest key first, rows are gone through
// from the last run of equal keys to the first, but forwards inside a run: the sum of the rows behind the run is that
// of all, less what stands before the row and, of the run itself, after it.
STEP void k_ahead(double* out, Col order, Col key, Col x, int begin, int end, int smallest) {
  int n = end - begin;
  V sum = cst(0.0);
  if (!smallest) {
    for (int k = 0; k < n; ++k) {
      scatter(out, order, k, select(keyed(row(order, k)), sum, cst(NaN)));
      sum = sum + added(x, order, k);
    }
    return;
  }
  double behind[T * W];  // where the run ends, or the sum of the rows behind it
  if (!x.p) {
    V past = cst(n), first = sum, all = number_of(order);
    for (int k = n - 1; k >= 0; --k) st(behind + k * W, past = run_end(order, k, n, past));
    for (int k = 0; k < n; ++k) {
      M own = row(order, k);
      first = select(begins(own), cst(k), first);
      scatter(out, order, k, select(keyed(own), all - ld(behind + k * W) + (cst(k) - first), cst(NaN)));
    }
    return;
  }
  double xs[T * W];
  V run = cst(0.0);
  for (int k = n - 1; k >= 0; --k) {
    V own = added(x, order, k);
    st(behind + k * W, sum), st(xs + k * W, own);
    run = run + select(keyed(row(order, k)), own, cst(0.0));
    M first = begins(row(order, k));
    sum = select(first, sum + run, sum), run = select(first, cst(0.0), run);
  }
  for (int k = 0; k < n; ++k) {
    run = select(begins(row(order, k)), cst(0.0), run);
    scatter(out, order, k, select(keyed(row(order, k)), ld(behind + k * W) + run, cst(NaN)));
    run = run + ld(xs + k * W);
  }
}

// Ranks from the smallest key, 1, on; equal keys share the mean of theirs.
STEP void k_rank(double* out, Col order, int begin, int end) {
  int n = end - begin;
  double ends[T * W];
  V past = cst(n), first = cst(0.0), all = cst(2.0) * number_of(order) + cst(1.0);
  for (int k = n - 1; k >= 0; --k) st(ends + k * W, past = run_end(order, k, n, past));
  for (int k = 0; k < n; ++k) {
    first = select(begins(row(order, k)), cst(k), first);
    scatter(out, order, k, select(keyed(row(order, k)), (all - first - ld(ends + k * W)) * cst(0.5), cst(NaN)));
  }
}

// Marks the max(1, n * numerator / denominator) largest keys, or smallest ones, the earlier of equal ones first; with a
// denominator of 0, `numerator` of them, or all if there are fewer.
HELPER V foremost(V n, double numerator, double denominator) {
  return denominator == 0.0 ? vmin(cst(numerator), n) : vmax(vfloor(n * cst(numerator) / cst(denominator)), cst(1.0));
}

STEP void k_foremost(double* out, Col order, Col key, int begin, int end, double numerator, double denominator, int smallest) {
  V n = number_of(order);
  V wanted = foremost(n, numerator, denominator);
  double number_[W], wanted_[W], last_[W];
  st(number_, n), st(wanted_, wanted);
  bool ties = false;
  for (int lane = 0; lane < W; ++lane) {
    int m = (int)number_[lane], k = (int)wanted_[lane];
    last_[lane] = m ? value(order, key, lane, smallest ? m - k : k - 1) : NaN;
    ties |= k < m && value(order, key, lane, smallest ? m - k - 1 : k) == last_[lane];
  }
  V last = ld(last_);
  if (!ties) {
    for (int t = begin; t < end; ++t)
      st(out + t * STRIDE, number(smallest ? at_(key, t) <= last : at_(key, t) >= last));
    return;
  }
  V room = wanted;
  for (int t = begin; t < end; ++t) room = select(smallest ? at_(key, t) < last : at_(key, t) > last, room - cst(1.0), room);
  for (int t = begin; t < end; ++t) {
    V x = at_(key, t);
    M tie = x == last;
    st(out + t * STRIDE, number((smallest ? x < last : x > last) | (tie & (room > cst(0.0)))));
    room = select(tie, room - cst(1.0), room);
  }
}

// The quantile of n keys, the smallest of which stands in row `last`.
HELPER V quantile(Col order, Col key, V n, V last, double q) {
  double found[W], number_[W], last_[W];
  st(number_, n), st(last_, last);
  for (int lane = 0; lane < W; ++lane) {
    int n = (int)number_[lane], from = (int)last_[lane];
    double place = (n - 1) * q;
    int below = (int)place, above = below < place ? below + 1 : below;
    double low = n > 0 ? value(order, key, lane, from - below) : NaN, high = n > 0 ? value(order, key, lane, from - above) : NaN;
    found[lane] = low + (high - low) * (place - below);
  }
  return ld(found);
}

STEP V k_quantile(Col order, Col key, int begin, int end, double q) {
  V n = number_of(order);
  return quantile(order, key, n, n - cst(1.0), q);
}

// The quantile of the keys that `k_foremost` does not mark.
STEP V k_quantile_rest(Col order, Col key, int begin, int end, double q, double numerator, double denominator, int smallest) {
  V n = number_of(order), rest = n - foremost(n, numerator, denominator);
  return quantile(order, key, rest, (smallest ? rest : n) - cst(1.0), q);
}

// The quantile of the distances of the keys from a value: they grow from there to both ends of the order.
STEP V k_quantile_away(Col order, Col key, V from, int begin, int end, double q) {
  double found[W], number_[W], from_[W];
  st(number_, number_of(order)), st(from_, from);
  for (int lane = 0; lane < W; ++lane) {
    int n = (int)number_[lane], above = 0;
    double v = from_[lane], place = (n - 1) * q;
    found[lane] = NaN;
    if (!n || !(v - v == 0.0)) continue;
    for (int past = n; above < past;) {
      int k = (above + past) / 2;
      if (value(order, key, lane, k) >= v) above = k + 1; else past = k;
    }
    int near = (int)place, i = near > n - above ? near - (n - above) : 0;  // of `near` keys nearer, i are above
    for (int most = near < above ? near : above; i < most;) {
      int k = (i + most) / 2;
      if (value(order, key, lane, above - 1 - k) - v < v - value(order, key, lane, above + near - 1 - k)) i = k + 1; else most = k;
    }
    double both[2];
    for (int k = 0, j = near - i; k < 2; ++k) {
      double up = i < above ? value(order, key, lane, above - 1 - i) - v : INF, down = j < n - above ? v - value(order, key, lane, above + j) : INF;
      if (up < down) ++i; else ++j;
      both[k] = up < down ? up : down;
    }
    found[lane] = near < place ? both[0] + (both[1] - both[0]) * (place - near) : both[0];
  }
  return ld(found);
}

// The sum of x over the run of equal keys that begins in a row, from the back.
HELPER V run_sum(Col order, Col x, int k, V& sum) {
  M row_ = row(order, k), first = begins(row_);
  V whole = sum + select(keyed(row_), added(x, order, k), cst(0.0));
  sum = select(first, cst(0.0), whole);
  return select(first, whole, cst(NaN));
}

STEP void k_group_sum(double* out, Col order, Col key, Col x, int begin, int end) {
  V sum = cst(0.0);
  for (int k = end - begin - 1; k >= 0; --k) scatter(out, order, k, run_sum(order, x, k, sum));
}

// Levels are runs of equal keys, from the highest down. The region grows from the heaviest one.
STEP void k_area(double* out, Col order, Col key, Col x, int begin, int end, double numerator, double denominator) {
  int n = end - begin;
  double weights[T * W], firsts[T * W], pasts[T * W], wholes[W], mosts[W], numbers[W], tops[W], bottoms[W];
  V sum = cst(0.0), past = cst(n), first = sum, whole = sum, most = sum, heaviest = cst(-INF);
  for (int k = n - 1; k >= 0; --k) {
    V weight = run_sum(order, x, k, sum);
    st(weights + k * W, weight), st(pasts + k * W, past = run_end(order, k, n, past));
    whole = select(weight == weight, whole + weight, whole);
    M more = weight > heaviest;
    heaviest = select(more, weight, heaviest);
  }
  V tied = heaviest - cst(1e-9) * vabs(heaviest);
  for (int k = 0; k < n; ++k) {  // the lowest of those that tie with it
    V weight = ld(weights + k * W);
    most = select(weight >= tied, cst(k), most);
  }
  for (int k = 0; k < n; ++k) st(firsts + k * W, first = select(begins(row(order, k)), cst(k), first));
  st(wholes, whole), st(mosts, most), st(numbers, number_of(order));
  for (int lane = 0; lane < W; ++lane) {
    const double *weight = weights + lane, *from = firsts + lane, *to = pasts + lane;
    int keys = (int)numbers[lane], high = (int)mosts[lane], low = (int)to[high * W];  // rows high..low - 1
    double inside = weight[high * W], goal = numerator * wholes[lane];
    goal -= 1e-9 * (goal < 0 ? -goal : goal);
    while (keys && denominator * inside < goal && (high > 0 || low < keys)) {
      int above = high > 0 ? (int)from[(high - 1) * W] : 0;
      bool down = high == 0 || (low < keys && weight[low * W] >= weight[above * W] - 1e-9 * (weight[above * W] < 0 ? -weight[above * W] : weight[above * W]));
      inside += weight[(down ? low : above) * W];
      if (down) low = (int)to[low * W]; else high = above;
    }
    tops[lane] = keys ? value(order, key, lane, high) : NaN;
    bottoms[lane] = keys ? value(order, key, lane, low - 1) : NaN;
  }
  V top = ld(tops), bottom = ld(bottoms);
  for (int t = begin; t < end; ++t) st(out + t * STRIDE, number((at_(key, t) <= top) & (at_(key, t) >= bottom)));
}

// The smallest variance of the halves of n keys, for the lanes that have so many. The value that is last in the first
// half is in every half: sums go outwards from there and lose no digits.
HELPER V half_var(Col order, Col key, int n) {
  int half = (n + 2) / 2;
  double first[T * W], second[T * W];
  V pivot = gathered(key, order, half - 1), s1 = cst(0.0), s2 = s1, least = cst(INF), by = cst(half);
  st(first + (half - 1) * W, s1), st(second + (half - 1) * W, s2);
  for (int k = half - 2; k >= 0; --k) {
    V away = gathered(key, order, k) - pivot;
    s1 = s1 + away, s2 = s2 + away * away;
    st(first + k * W, s1), st(second + k * W, s2);
  }
  s1 = s2 = cst(0.0);
  for (int k = 0; k + half <= n; ++k) {  // the half from k to k + half - 1
    V from = gathered(key, order, k), x = gathered(key, order, k + half - 1), away = x - pivot;
    s1 = s1 + away, s2 = s2 + away * away;
    V mean = (s1 + ld(first + k * W)) / by, var = (s2 + ld(second + k * W)) / by - mean * mean;
    least = vmin(select(from == x, cst(0.0), var), least);
  }
  return least;
}

STEP V k_half_var(Col order, Col key, int begin, int end) {
  double numbers[W];
  V n = number_of(order), found = cst(NaN);
  st(numbers, n);
  for (int lane = 0; lane < W; ++lane) {
    double own = numbers[lane];
    bool done = own == 0.0;
    for (int other = 0; other < lane; ++other) done |= numbers[other] == own;
    if (!done) found = select(n == cst(own), half_var(order, key, (int)own), found);
  }
  return found;
}

STEP void k_spaced(double* out, Col x, int begin, int end, int gap) {
  V last = cst(begin - gap);
  for (int t = begin; t < end; ++t) {
    M keep = mask(at_(x, t)) & (cst(t) - last >= cst(gap));
    last = select(keep, cst(t), last);
    st(out + (long)t * STRIDE, number(keep));
  }
}
