// Windows of minutes that move along the day.
//
// The day is cut into chunks as long as the window: every window is the end of one chunk and the beginning of the next.
// For each chunk, sums run back from its first minute c and forward from it, of values less that at c, which lies in
// each of these windows: no digits are lost, and a constant window gives exactly 0. `left[i]` is the sum from minute
// c - n + i to c - 1.

struct Windows { int begin, end, n; };

HELPER void none(double* out, int begin, int end) { for (int t = begin; t < end; ++t) st(out + t * STRIDE, cst(NaN)); }
HELPER int stop(Windows w, int c) { return c + w.n < w.end ? c + w.n : w.end; }

// A sum, and what rounding has taken from it.
struct Sum { V whole, rest; };
HELPER Sum add(Sum s, V x) {
  V whole = s.whole + x, part = whole - s.whole;
  return Sum{whole, s.rest + ((s.whole - (whole - part)) + (x - part))};
}

// Rounded once, so that windows of equal values have equal sums.
STEP void k_moving_sum(double* out, Col x, int begin, int end, int n) {
  if (n > end - begin) return none(out, begin, end);
  Windows w{begin, end, n};
  Sum left[T + 1], zero{cst(0.0), cst(0.0)};
  for (int c = begin; c < end; c += n) {
    Sum s = left[n] = zero;
    for (int i = n - 1; i > 0; --i) left[i] = s = add(s, c > begin ? at_(x, c - n + i) : cst(NaN));
    s = zero;
    for (int t = c, i = 1; t < stop(w, c); ++t, ++i) {
      s = add(s, at_(x, t));
      Sum whole = add(s, left[i].whole);
      V rest = whole.rest + left[i].rest;
      st(out + t * STRIDE, select(vabs(rest) < cst(INF), whole.whole + rest, whole.whole));
    }
  }
}

STEP void k_moving_mean(double* out, Col x, int begin, int end, int n) {
  if (n > end - begin) return none(out, begin, end);
  Windows w{begin, end, n};
  V left[T + 1], by = cst(1.0 / n);
  for (int c = begin; c < end; c += n) {
    V from = at_(x, c), before = cst(0.0), so_far = cst(0.0);
    left[n] = cst(0.0);
    for (int i = n - 1; i > 0; --i) left[i] = before = c > begin ? before + (at_(x, c - n + i) - from) : cst(NaN);
    for (int t = c, i = 1; t < stop(w, c); ++t, ++i) {
      so_far = so_far + (at_(x, t) - from);
      st(out + t * STRIDE, from + (left[i] + so_far) * by);
    }
  }
}

STEP void k_moving_var(double* out, Col x, int begin, int end, int n) {
  if (n > end - begin) return none(out, begin, end);
  Windows w{begin, end, n};
  V left[T + 1], left2[T + 1], by = cst(1.0 / n);
  for (int c = begin; c < end; c += n) {
    V from = at_(x, c), s = cst(0.0), s2 = s;
    left[n] = left2[n] = s;
    for (int i = n - 1; i > 0; --i) {
      V d = c > begin ? at_(x, c - n + i) - from : cst(NaN);
      left[i] = s = s + d, left2[i] = s2 = s2 + d * d;
    }
    s = s2 = cst(0.0);
    for (int t = c, i = 1; t < stop(w, c); ++t, ++i) {
      V d = at_(x, t) - from;
      s = s + d, s2 = s2 + d * d;
      V whole = left[i] + s;
      st(out + t * STRIDE, (left2[i] + s2 - whole * whole * by) * by);
    }
  }
}

// The same, exactly 0 where the values are constant up to rounding.
STEP void k_moving_square(double* out, Col x, int begin, int end, int n) {
  k_moving_var(out, x, begin, end, n);
  if (n > end - begin) return;
  V least[T + 1], most[T + 1];
  for (int c = begin; c < end; c += n) {
    V low = least[n] = cst(INF), high = most[n] = cst(-INF);
    for (int i = n - 1; i > 0; --i) {
      V value = at_(x, c > begin ? c - n + i : c);
      least[i] = low = vmin(value, low), most[i] = high = vmax(value, high);
    }
    low = cst(INF), high = cst(-INF);
    for (int t = c, i = 1; t < (c + n < end ? c + n : end); ++t, ++i) {
      V value = at_(x, t), square = ld(out + t * STRIDE);
      low = vmin(value, low), high = vmax(value, high);
      M still = constant_(vmin(low, least[i]), vmax(high, most[i]));
      st(out + t * STRIDE, select(still & (square == square), cst(0.0), square));
    }
  }
}

STEP void k_moving_cov(double* out, Col x, Col y, int begin, int end, int n) {
  if (n > end - begin) return none(out, begin, end);
  Windows w{begin, end, n};
  V left[T + 1], left1[T + 1], left2[T + 1], by = cst(1.0 / n);
  for (int c = begin; c < end; c += n) {
    V from = at_(x, c), from1 = at_(y, c), s = cst(0.0), s1 = s, s2 = s;
    left[n] = left1[n] = left2[n] = s;
    for (int i = n - 1; i > 0; --i) {
      V d = c > begin ? at_(x, c - n + i) - from : cst(NaN), d1 = at_(y, c > begin ? c - n + i : c) - from1;
      left[i] = s = s + d, left1[i] = s1 = s1 + d1, left2[i] = s2 = s2 + d * d1;
    }
    s = s1 = s2 = cst(0.0);
    for (int t = c, i = 1; t < stop(w, c); ++t, ++i) {
      V d = at_(x, t) - from, d1 = at_(y, t) - from1;
      s = s + d, s1 = s1 + d1, s2 = s2 + d * d1;
      st(out + t * STRIDE, (left2[i] + s2 - (left[i] + s) * (left1[i] + s1) * by) * by);
    }
  }
}
