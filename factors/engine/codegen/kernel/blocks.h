// Blocks of minutes, buckets of weight, frequencies.

// The values that exist, in the order of time, before those that do not.
STEP void k_packed(double* out, Col x, int begin, int end) {
  for (int lane = 0; lane < W; ++lane) {
    int to = begin;
    for (int t = begin; t < end; ++t) {
      double value = x.p[t * x.step + lane];
      if (value == value) out[to++ * STRIDE + lane] = value;
    }
    for (; to < end; ++to) out[to * STRIDE + lane] = NaN;
  }
}

// Mean over blocks of the range of the cumulated deviations over their standard deviation, of packed values.
STEP V k_rescaled_range(Col x, int begin, int end, int size) {
  V whole = cst(0.0), blocks = cst(0.0), by = cst(1.0 / size);
  for (int first = begin; first + size <= end; first += size) {
    V from = at_(x, first), s = cst(0.0), most = cst(-INF), least = cst(INF);
    ROLLED for (int t = first; t < first + size; ++t) {
      V value = at_(x, t);
      s = s + (value - from), most = vmax(value, most), least = vmin(value, least);
    }
    V mean = s * by, walk = cst(0.0), high = cst(-INF), low = cst(INF), square = cst(0.0);
    ROLLED for (int t = first; t < first + size; ++t) {
      V d = at_(x, t) - from - mean;
      walk = walk + d, square = vfma(d, d, square);
      high = select(walk > high, walk, high), low = select(walk < low, walk, low);
    }
    M some = not_(constant_(least, most)) & (square > cst(0.0));  // a block with a value missing has no extremes
    whole = select(some, whole + (high - low) / vsqrt(square * by), whole);
    blocks = select(some, blocks + cst(1.0), blocks);
  }
  return ratio(whole, blocks);
}

// Sum over n buckets of equal weight of the absolute sum of y in each: minutes are cut where a bucket is full.
STEP V k_bucket_flow(Col y, Col weight, int begin, int end, int n) {
  V whole = cst(0.0);
  for (int t = begin; t < end; ++t) {
    V w = at_(weight, t);
    whole = select(w > cst(0.0), whole + w, whole);
  }
  V found = cst(0.0), inside = found, number = cst(1.0), at = found, by = cst(1.0 / n);
  V full = select(number < cst(n), whole * by, cst(INF));
  for (int t = begin; t < end; ++t) {
    V w = at_(weight, t), flow = at_(y, t), from = at;
    M there = w > cst(0.0);
    at = select(there, at + w, at);
    flow = select(there & (flow == flow), flow / w, cst(0.0));
    M over = at > full;
    do {  // at nearly every minute a bucket of some lane is full
      found = select(over, found + vabs(inside + flow * (full - from)), found);
      inside = select(over, cst(0.0), inside), from = select(over, full, from);
      number = select(over, number + cst(1.0), number);
      full = select(over, select(number < cst(n), whole * number * by, cst(INF)), full);
      over = at > full;
    } while (any(over));
    inside = inside + flow * (at - from);
  }
  return select(whole > cst(0.0), found + vabs(inside), cst(NaN));
}

// Sum of the squared absolute Fourier coefficients 1..lines, from the cosine and sine of the first; the others by turning,
// sixteen minutes at a time. Minutes as far from the end as from the beginning have the same cosine and opposite sines;
// four coefficients are added up together, because each sum waits for its own last result.
STEP V k_spectrum(Col x, int begin, int end, int lines, double cosine, double sine) {
  double c[T + 16], s[T + 16];
  V even[T / 2 + 1], odd[T / 2 + 1];
  int length = end - begin, half = length / 2 + 1;
  c[0] = 1.0, s[0] = 0.0;
  for (int j = 1; j <= 16; ++j) c[j] = c[j - 1] * cosine - s[j - 1] * sine, s[j] = s[j - 1] * cosine + c[j - 1] * sine;
  for (int j = 17; j < length; ++j)
    c[j] = c[j - 16] * c[16] - s[j - 16] * s[16], s[j] = s[j - 16] * c[16] + c[j - 16] * s[16];
  for (int t = 0; t < half; ++t) {
    V a = at_(x, begin + t), b = t > 0 && t < length - t ? at_(x, end - t) : cst(0.0);
    a = select(a == a, a, cst(0.0)), b = select(b == b, b, cst(0.0));
    even[t] = a + b, odd[t] = a - b;
  }
  V found = cst(0.0);
  for (int k = 1; k <= lines; k += 4) {
    V real = cst(0.0), real1 = real, real2 = real, real3 = real, other = real, other1 = real, other2 = real, other3 = real;
    int by = k % length, by1 = (k + 1) % length, by2 = (k + 2) % length, by3 = (k + 3) % length;
    for (int t = 0, j = 0, j1 = 0, j2 = 0, j3 = 0; t < half; ++t) {
      V e = even[t], o = odd[t];
      real = real + e * cst(c[j]), other = other + o * cst(s[j]);
      real1 = real1 + e * cst(c[j1]), other1 = other1 + o * cst(s[j1]);
      real2 = real2 + e * cst(c[j2]), other2 = other2 + o * cst(s[j2]);
      real3 = real3 + e * cst(c[j3]), other3 = other3 + o * cst(s[j3]);
      j += by, j -= j < length ? 0 : length, j1 += by1, j1 -= j1 < length ? 0 : length;
      j2 += by2, j2 -= j2 < length ? 0 : length, j3 += by3, j3 -= j3 < length ? 0 : length;
    }
    found = found + real * real + other * other;
    if (k + 1 <= lines) found = found + real1 * real1 + other1 * other1;
    if (k + 2 <= lines) found = found + real2 * real2 + other2 * other2;
    if (k + 3 <= lines) found = found + real3 * real3 + other3 * other3;
  }
  return found;
}
