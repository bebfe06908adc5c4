// Twelve factors as one would write them by hand: one loop over the minutes, everything in registers, the next block
// fetched on the way.
// The yardstick of the fused engine, on the same storage: fields open, high, low, close, volume, amount, trades.
// The body of a step, of f, fs, out and row.
  const V zero = cst(0.0), one = cst(1.0), nan = cst(NaN);
  V first_open = nan, first_close = nan, first_volume = nan, first_return = nan, first_fall = nan, before = nan;
  V missing = zero;  // minutes before the first bar; the series is filled from there on
  bool wait = true;
  for (int t = 0; t < T && wait; ++t) {  // what the moments are taken about; for most stocks known within minutes
    V c = ld(f + 3 * fs + t * LANES);
    M there = c == c, new_ = there & (first_close != first_close);
    first_open = select(new_, ld(f + t * LANES), first_open);
    first_close = select(new_, c, first_close);
    first_volume = select(new_, ld(f + 4 * fs + t * LANES), first_volume);
    V r = c / select(before == before, before, first_open) - one;
    before = c;
    first_return = select(new_, r, first_return);
    first_fall = select((r < zero) & (first_fall != first_fall), r, first_fall);
    missing = select(there, missing, missing + one);
    wait = any((first_close != first_close) | (first_fall != first_fall));
  }
  V n = cst(T) - missing, d1 = zero, d2 = zero, d3 = zero, d4 = zero, squares = zero;
  V falls = zero, f1 = zero, f2 = zero;
  V peak = cst(-INF), depth = one, amounts = zero, late = zero, traded = zero, traded_late = zero;
  V c1 = zero, c2 = zero, v1 = zero, v2 = zero, cv = zero, vr = zero, illiquid = zero, liquid = zero;
  V thirty_ago = nan, c = nan;
  before = nan;
  const int read[] = {0, 3, 4, 5};
  for (int t = 0; t < T; ++t) {
    for (int k : read) ahead(f + (FIELDS + k) * fs + t * LANES);  // the next block
    c = ld(f + 3 * fs + t * LANES);
    V v = ld(f + 4 * fs + t * LANES), a = ld(f + 5 * fs + t * LANES);
    M there = c == c;
    V r = c / select(before == before, before, first_open) - one;
    before = c;
    V d = select(there, r - first_return, zero), dd = d * d;
    d1 += d, d2 += dd, d3 += dd * d, d4 += dd * dd;
    squares = select(there, squares + r * r, squares);
    M fall = r < zero;
    V e = select(fall, r - first_fall, zero);
    falls = select(fall, falls + one, falls);
    f1 += e, f2 += e * e;
    peak = vmax(c, peak);
    depth = vmin(c / peak, depth);
    V x = select(there, c - first_close, zero), y = select(there, v - first_volume, zero);
    c1 += x, c2 += x * x, v1 += y, v2 += y * y, cv += x * y, vr += d * y;
    M paid = a > zero;
    amounts = select(paid, amounts + a, amounts);
    illiquid = select(paid, illiquid + vabs(r) / a, illiquid);
    liquid = select(paid, liquid + one, liquid);
    traded = select(v > zero, traded + one, traded);
    if (t == T - 31) thirty_ago = c;
    if (t >= T - 30) {
      late = select(there, late + v, late);
      traded_late = select(v > zero, traded_late + one, traded_late);
    }
  }
  V volumes = v1 + n * first_volume;
  V m1 = d1 / n, m2 = (d2 - d1 * m1) / n;
  V m3 = (d3 - cst(3.0) * m1 * d2 + cst(2.0) * m1 * m1 * d1) / n;
  V m4 = (d4 - cst(4.0) * m1 * d3 + cst(6.0) * m1 * m1 * d2 - cst(3.0) * m1 * m1 * m1 * d1) / n;
  V spread_c = c2 - c1 * c1 / n, spread_v = v2 - v1 * v1 / n, spread_r = d2 - d1 * d1 / n;
  V found[12] = {
      ratio(f2 - ratio(f1 * f1, falls), falls), squares, ratio(m3, m2 * vsqrt(m2)), ratio(m4, m2 * m2), one - depth,
      c / thirty_ago - one, c / first_open - one, c / ratio(amounts, volumes) - one,
      ratio(cv - c1 * v1 / n, vsqrt(spread_c) * vsqrt(spread_v)),
      ratio(vr - d1 * v1 / n, vsqrt(spread_r) * vsqrt(spread_v)), cst(1e8) * ratio(illiquid, liquid),
      ratio(late, volumes)};
  const double least[12] = {2, 1, 3, 4, 1, 16, 1, 1, 10, 10, 10, 1};
  for (int k = 0; k < 12; ++k) {
    M enough = traded >= cst(least[k]);
    if (k == 5) enough = enough & (traded_late >= cst(16.0));
    st(out + k * row, select(enough & (vabs(found[k]) < cst(INF)), found[k], nan));
  }
