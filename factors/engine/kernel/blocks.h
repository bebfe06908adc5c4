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
    V from = at_(x, first), s = cst(0.0);
    for (int t = first; t < first + size; ++t) s = s + (at_(x, t) - from);
    V mean = s * by, walk = cst(0.0), high = cst(-INF), low = cst(INF), square = cst(0.0);
    for (int t = first; t < first + size; ++t) {
      V d = at_(x, t) - from - mean;
      walk = walk + d, square = square + d * d;
      high = select(walk > high, walk, high), low = select(walk < low, walk, low);
    }
    M some = square > cst(0.0);
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
    for (M over = at > full; any(over); over = at > full) {
      found = select(over, found + vabs(inside + flow * (full - from)), found);
      inside = select(over, cst(0.0), inside), from = select(over, full, from);
      number = select(over, number + cst(1.0), number);
      full = select(over, select(number < cst(n), whole * number * by, cst(INF)), full);
    }
    inside = inside + flow * (at - from);
  }
  return select(whole > cst(0.0), found + vabs(inside), cst(NaN));
}

// Sum of the squared absolute Fourier coefficients 1..lines, from the cosine and sine of the first; the others by turning.
STEP V k_spectrum(Col x, int begin, int end, int lines, double cosine, double sine) {
  double c[T], s[T];
  c[0] = 1.0, s[0] = 0.0;
  int length = end - begin;
  for (int j = 1; j < length; ++j) {
    c[j] = c[j - 1] * cosine - s[j - 1] * sine;
    s[j] = s[j - 1] * cosine + c[j - 1] * sine;
  }
  V found = cst(0.0);
  for (int k = 1; k <= lines; ++k) {
    V real = cst(0.0), imaginary = cst(0.0);
    for (int t = begin, j = 0, by = k % length; t < end; ++t) {
      V v = at_(x, t);
      v = select(v == v, v, cst(0.0));
      real = real + v * cst(c[j]), imaginary = imaginary + v * cst(s[j]);
      j += by, j -= j < length ? 0 : length;
    }
    found = found + real * real + imaginary * imaginary;
  }
  return found;
}
