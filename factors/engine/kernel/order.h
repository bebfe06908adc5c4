// The order of the minutes by a key, and what is read from it.
//
// An order is a series: its k-th row, from 0, is the minute of the k-th largest key, of equal keys the earlier first;
// with half a minute added if that key equals the one before. Behind the last key stand the minutes without one, t as
// -1 - t. So every minute is in it once, and one sort serves all that read the key. What walks along an order gathers
// and scatters lane by lane; the arithmetic in between is done for all lanes at once.
#define INDEX_BITS (T <= 128 ? 7 : T <= 256 ? 8 : T <= 512 ? 9 : T <= 1024 ? 10 : T <= 2048 ? 11 : 16)
#define INDEX ((1L << INDEX_BITS) - 1)
#define LAST_BITS 0x7fffffffffffffffL

#if W == 1
HELPER void set(V& x, int, double value) { x = value; }
#else
HELPER void set(V& x, int lane, double value) { x[lane] = value; }
#endif

HELPER double* row(double* rows, int k) { return rows + (long)k * STRIDE; }
HELPER M packed(double* rows, int k) { return bits(ld(row(rows, k))); }

HELPER void pair(M& a, M& b) {
  M low = select(a < b, a, b);
  b = select(a < b, b, a);
  a = low;
}

// Four that rise and then fall, or the other way round, put in order; so the other two.
HELPER void merge4(M& a, M& b, M& c, M& d) { pair(a, c), pair(b, d), pair(a, b), pair(c, d); }

#define ROWS_8(k0, k1, k2, k3, k4, k5, k6, k7) \
  const int k[8] = {k0, k1, k2, k3, k4, k5, k6, k7}; \
  M x[8]; \
  x[0] = k[0] < n ? packed(rows, k[0]) : last, x[1] = k[1] < n ? packed(rows, k[1]) : last; \
  x[2] = k[2] < n ? packed(rows, k[2]) : last, x[3] = k[3] < n ? packed(rows, k[3]) : last; \
  x[4] = k[4] < n ? packed(rows, k[4]) : last, x[5] = k[5] < n ? packed(rows, k[5]) : last; \
  x[6] = k[6] < n ? packed(rows, k[6]) : last, x[7] = k[7] < n ? packed(rows, k[7]) : last;
#define KEEP_1(i) if (k[i] < n) st(row(rows, k[i]), from_bits(x[i]));
#define KEEP_8 KEEP_1(0) KEEP_1(1) KEEP_1(2) KEEP_1(3) KEEP_1(4) KEEP_1(5) KEEP_1(6) KEEP_1(7)

// Eight rows from `from` on.
HELPER void sort_8(double* rows, int from, int n) {
  M last = nobody() + LAST_BITS;
  ROWS_8(from, from + 1, from + 2, from + 3, from + 4, from + 5, from + 6, from + 7)
  pair(x[0], x[2]), pair(x[1], x[3]), pair(x[4], x[6]), pair(x[5], x[7]);
  pair(x[0], x[4]), pair(x[1], x[5]), pair(x[2], x[6]), pair(x[3], x[7]);
  pair(x[0], x[1]), pair(x[2], x[3]), pair(x[4], x[5]), pair(x[6], x[7]);
  pair(x[2], x[4]), pair(x[3], x[5]), pair(x[1], x[4]), pair(x[3], x[6]);
  pair(x[1], x[2]), pair(x[3], x[4]), pair(x[5], x[6]);
  KEEP_8
}

// The first three steps of a merge of two runs: rows i, i + gap.. of the one and their mirror images in the other.
HELPER void merge_mirrored(double* rows, int i, int mirror, int gap, int n) {
  M last = nobody() + LAST_BITS;
  ROWS_8(i, i + gap, i + 2 * gap, i + 3 * gap, mirror - 3 * gap, mirror - 2 * gap, mirror - gap, mirror)
  pair(x[0], x[7]), pair(x[1], x[6]), pair(x[2], x[5]), pair(x[3], x[4]);
  merge4(x[0], x[1], x[2], x[3]), merge4(x[4], x[5], x[6], x[7]);
  KEEP_8
}

// Three steps further on: rows i, i + gap..
HELPER void merge_8(double* rows, int i, int gap, int n) {
  M last = nobody() + LAST_BITS;
  ROWS_8(i, i + gap, i + 2 * gap, i + 3 * gap, i + 4 * gap, i + 5 * gap, i + 6 * gap, i + 7 * gap)
  pair(x[0], x[4]), pair(x[1], x[5]), pair(x[2], x[6]), pair(x[3], x[7]);
  merge4(x[0], x[1], x[2], x[3]), merge4(x[4], x[5], x[6], x[7]);
  KEEP_8
}

// The last step or two, where three do not fit: eight rows beside each other.
HELPER void merge_last(double* rows, int from, int gap, int n) {
  M last = nobody() + LAST_BITS;
  ROWS_8(from, from + 1, from + 2, from + 3, from + 4, from + 5, from + 6, from + 7)
  if (gap == 2) pair(x[0], x[2]), pair(x[1], x[3]), pair(x[4], x[6]), pair(x[5], x[7]);
  pair(x[0], x[1]), pair(x[2], x[3]), pair(x[4], x[5]), pair(x[6], x[7]);
  KEEP_8
}

// Sorts n rows of integers by bitonic merges, eight rows in registers at a time: the same comparisons for all lanes. Of
// two rows the smaller goes to the earlier place, so rows from n on may be thought of as the largest numbers.
HELPER void sort_rows(double* rows, int n) {
  for (int from = 0; from < n; from += 8) sort_8(rows, from, n);
  for (int run = 8; run < n; run *= 2)
    for (int from = 0; from + run < n; from += 2 * run) {
      int past = from + 2 * run < n ? from + 2 * run : n;
      for (int i = 0; i < run / 4; ++i) merge_mirrored(rows, from + i, from + 2 * run - 1 - i, run / 4, n);
      int gap = run / 8;
      for (; gap >= 4; gap /= 8)
        for (int part = from; part < past; part += 2 * gap)
          for (int i = 0; i < gap / 4; ++i) merge_8(rows, part + i, gap / 4, n);
      if (gap > 0)
        for (int part = from; part < past; part += 8) merge_last(rows, part, gap, n);
    }
}

HELPER long minute(double place) { long t = (long)place; return t ^ (t >> 63); }

// A series in the order of a row of minutes; and a row put back to its minutes.
#define AT(lane) x.p[minute(order[lane]) * x.step + lane]
#if W == 8
HELPER V gathered(Col x, const double* order) { return V{AT(0), AT(1), AT(2), AT(3), AT(4), AT(5), AT(6), AT(7)}; }
#elif W == 4
HELPER V gathered(Col x, const double* order) { return V{AT(0), AT(1), AT(2), AT(3)}; }
#elif W == 2
HELPER V gathered(Col x, const double* order) { return V{AT(0), AT(1)}; }
#else
HELPER V gathered(Col x, const double* order) { const int lane = 0; return AT(lane); }
#endif
HELPER void scatter(double* out, const double* order, V x) {
  double values[W];
  st(values, x);
  for (int lane = 0; lane < W; ++lane) out[minute(order[lane]) * STRIDE + lane] = values[lane];
}

// The rows of one lane that two keys differing in the lost bits only have made wrong.
HELPER void insert_rows(double* out, const double* key, long step, int n) {
  for (int k = 1; k < n && *row(out, k) >= 0.0; ++k) {
    double mine = *row(out, k), x = key[(long)mine * step];
    int j = k;
    for (; j > 0; --j) {
      double other = *row(out, j - 1), y = key[(long)other * step];
      if (y > x || (y == x && other < mine)) break;
      *row(out, j) = other;
    }
    *row(out, j) = mine;
  }
}

// Adds half a minute where a key equals the one before; returns whether one is larger than that.
HELPER bool mark_ties(double* out, Col key, int n) {
  M wrong = nobody();
  V before = cst(NaN);
  for (int k = 0; k < n; ++k) {
    V x = gathered(key, row(out, k)), t = ld(row(out, k));
    st(row(out, k), select(x == before, t + cst(0.5), t));
    wrong = wrong | (x > before);
    before = x;
  }
  return any(wrong);
}

// Keys become integers of their order, the minute in the lowest bits, so that a comparison moves both. Keys that differ
// in those bits only are put right afterwards.
STEP void k_order(double* out, Col key, int begin, int end) {
  int n = end - begin;
  for (int k = 0; k < n; ++k) {
    V x = at_(key, begin + k);
    M down = select(x == x, 0 - order(x), nobody() + LAST_BITS);
    st(row(out, k), from_bits((down & ~INDEX) | (begin + k)));
  }
  sort_rows(out, n);
  for (int k = 0; k < n; ++k) {
    M x = packed(out, k);
    V t = to_double(x & INDEX);
    st(row(out, k), select((x | INDEX) == nobody() + LAST_BITS, cst(-1.0) - t, t));
  }
  if (!mark_ties(out, key, n)) return;
  for (int k = 0; k < n; ++k) st(row(out, k), vfloor(ld(row(out, k))));
  for (int lane = 0; lane < W; ++lane) insert_rows(out + lane, key.p + lane, key.step, n);
  mark_ties(out, key, n);
}

// Of a row of an order: whether it has a key, and whether that is not the key of the row before.
HELPER M keyed(V place) { return place >= cst(0.0); }
HELPER M begins(V place) { return keyed(place) & (place == vfloor(place)); }

// What x adds in a row of an order; 1 if there is no x, nothing where it is missing.
HELPER V added(Col x, const double* order) {
  if (!x.p) return cst(1.0);
  V v = gathered(x, order);
  return select(v == v, v, cst(0.0));
}

// Adds up x over the minutes ahead, or counts them if there is no x. With the smallest key first, rows are gone through
// from the last run of equal keys to the first, but forwards inside a run: the sum of the rows behind the run is that
// of all, less what stands before the row and, of the run itself, after it.
STEP void k_ahead(double* out, Col order, Col key, Col x, int begin, int end, int smallest) {
  int n = end - begin;
  V sum = cst(0.0);
  if (!smallest) {
    for (int k = 0; k < n; ++k) {
      const double* o = order.p + k * order.step;
      scatter(out, o, select(keyed(ld(o)), sum, cst(NaN)));
      sum = sum + added(x, o);
    }
    return;
  }
  double behind[T * W];  // the sum of the rows behind the run
  V run = cst(0.0);
  for (int k = n - 1; k >= 0; --k) {
    const double* o = order.p + k * order.step;
    V place = ld(o);
    st(behind + k * W, sum);
    run = run + select(keyed(place), added(x, o), cst(0.0));
    M first = begins(place);
    sum = select(first, sum + run, sum), run = select(first, cst(0.0), run);
  }
  for (int k = 0; k < n; ++k) {
    const double* o = order.p + k * order.step;
    V place = ld(o);
    run = select(begins(place), cst(0.0), run);
    scatter(out, o, select(keyed(place), ld(behind + k * W) + run, cst(NaN)));
    run = run + added(x, o);
  }
}

// One lane's walk along an order: how many rows have a key, and the key in a row.
struct Walk { const double* order; const double* key; long step; int n; };

HELPER Walk walk(Col order, Col key, int minutes, int lane) {
  Walk w = {order.p + lane, key.p + lane, key.step, 0};
  int most = minutes;
  while (w.n < most) {
    int middle = w.n + (most - w.n) / 2;
    if (w.order[(long)middle * STRIDE] >= 0.0) w.n = middle + 1; else most = middle;
  }
  return w;
}
HELPER double value(Walk w, int k) { return w.key[(long)w.order[(long)k * STRIDE] * w.step]; }

STEP V k_quantile(Col order, Col key, int begin, int end, double q) {
  V found = cst(NaN);
  for (int lane = 0; lane < W; ++lane) {
    Walk w = walk(order, key, end - begin, lane);
    if (w.n == 0) continue;
    double place = (w.n - 1) * q;
    int below = (int)place, above = below < place ? below + 1 : below;
    double low = value(w, w.n - 1 - below), high = value(w, w.n - 1 - above);
    set(found, lane, low + (high - low) * (place - below));
  }
  return found;
}

STEP void k_group_sum(double* out, Col order, Col key, Col x, int begin, int end) {
  V sum = cst(0.0);
  for (int k = end - begin - 1; k >= 0; --k) {
    const double* o = order.p + k * order.step;
    V place = ld(o);
    M first = begins(place);
    sum = sum + select(keyed(place), added(x, o), cst(0.0));
    scatter(out, o, select(first, sum, cst(NaN)));
    sum = select(first, cst(0.0), sum);
  }
}

// Levels stand in the order from the highest key down: level g from row at[g] up to at[g + 1].
STEP void k_area(double* out, Col order, Col key, Col x, int begin, int end, double numerator, double denominator) {
  double from[W], past[W];
  for (int lane = 0; lane < W; ++lane) {
    Walk w = walk(order, key, end - begin, lane);
    int at[T + 1], levels = 0, most = 0;
    double weight[T], whole = 0.0;
    for (int k = 0; k < w.n; ++k) {
      double place = w.order[(long)k * STRIDE], v = x.p[(long)place * x.step + lane];
      if (place == (long)place) at[levels] = k, weight[levels++] = 0.0;
      weight[levels - 1] += v == v ? v : 0.0;
    }
    at[levels] = w.n;
    for (int g = 0; g < levels; ++g) {
      whole += weight[g];
      if (weight[g] >= weight[most]) most = g;
    }
    int high = most, low = most;
    double inside = levels ? weight[most] : 0.0;
    while (denominator * inside < numerator * whole && (high > 0 || low < levels - 1)) {
      bool down = high == 0 || (low < levels - 1 && weight[low + 1] >= weight[high - 1]);
      inside += down ? weight[++low] : weight[--high];
    }
    from[lane] = levels ? at[high] : 0.0;
    past[lane] = levels ? at[low + 1] : 0.0;
  }
  V first = ld(from), last = ld(past);
  for (int k = 0; k < end - begin; ++k)
    scatter(out, order.p + k * order.step, number((cst(k) >= first) & (cst(k) < last)));
}

// The value that is last in the first half is in every half: sums go outwards from there and lose no digits.
STEP V k_half_var(Col order, Col key, int begin, int end) {
  V found = cst(NaN);
  for (int lane = 0; lane < W; ++lane) {
    Walk w = walk(order, key, end - begin, lane);
    if (w.n == 0) continue;
    int half = (w.n + 2) / 2;
    double away[T], first[T], second[T], pivot = value(w, half - 1), s1 = 0.0, s2 = 0.0, least = INF;
    for (int k = 0; k < w.n; ++k) away[k] = value(w, k) - pivot;
    first[half - 1] = second[half - 1] = 0.0;
    for (int k = half - 2; k >= 0; --k) first[k] = s1 += away[k], second[k] = s2 += away[k] * away[k];
    s1 = s2 = 0.0;
    for (int k = 0; k + half <= w.n; ++k) {  // the half from k to k + half - 1
      double x = away[k + half - 1];
      s1 += x, s2 += x * x;
      double mean = (s1 + first[k]) / half, var = (s2 + second[k]) / half - mean * mean;
      if (away[k] == x) var = 0.0;
      if (var < least) least = var;
    }
    set(found, lane, least);
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
