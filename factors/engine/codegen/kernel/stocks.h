// Passes over all stocks of a day, stored as the cube: `x` is the first block's first minute, `step` doubles lie between
// blocks. `weight` has a number per stock, missing for one that takes no part.

// Adds up, by minute and lane, the values of some blocks times their weight, their sizes, and the weights.
extern "C" void sums(const double* x, long step, long first, long last, long minutes, const double* weight, double* out) {
  for (long b = first; b < last; ++b)
    for (int lane = 0; lane < LANES; lane += W) {
      V w = ld(weight + b * LANES + lane);
      for (long t = 0; t < minutes; ++t) {
        double* to = out + t * 3 * W;
        V y = ld(x + b * step + t * LANES + lane) * w;
        M there = y == y;
        st(to, ld(to) + select(there, y, cst(0.0)));
        st(to + W, ld(to + W) + select(there, vabs(y), cst(0.0)));
        st(to + 2 * W, ld(to + 2 * W) + select(there, w, cst(0.0)));
      }
    }
}

// Adds up, by minute and lane, the distances from a value and from it once more, their squares, and their number.
extern "C" void powers(const double* x, long step, long first, long last, long minutes, const double* weight,
                       const double* from, const double* mean, double* out) {
  for (long b = first; b < last; ++b)
    for (int lane = 0; lane < LANES; lane += W) {
      V w = ld(weight + b * LANES + lane);
      for (long t = 0; t < minutes; ++t) {
        double* to = out + t * 3 * W;
        V y = ld(x + b * step + t * LANES + lane) * w - cst(from[t]) - cst(mean[t]);
        M there = y == y;
        y = select(there, y, cst(0.0));
        st(to, ld(to) + y);
        st(to + W, ld(to + W) + y * y);
        st(to + 2 * W, tally(ld(to + 2 * W), there));
      }
    }
}

// Says of the stocks of some blocks, by 1.0, which have a value above 0.
extern "C" void traded(const double* x, long step, long first, long last, long minutes, double* out) {
  for (long b = first; b < last; ++b)
    for (int lane = 0; lane < LANES; lane += W) {
      M some = nobody();
      for (long t = 0; t < minutes; ++t) some = some | (ld(x + b * step + t * LANES + lane) > cst(0.0));
      st(out + b * LANES + lane, number(some));
    }
}

// Some blocks as rows: `row` says where each stock's goes, -1 for one that is left out.
extern "C" void rows(const double* x, long step, long first, long last, long minutes, const long* row, double* out) {
  for (long b = first; b < last; ++b)
    for (long t = 0; t < minutes; t += 8) {
      long end = t + 8 < minutes ? t + 8 : minutes;
      for (int lane = 0; lane < LANES; ++lane) {
        long to = row[b * LANES + lane];
        for (long u = t; u < end && to >= 0; ++u) out[to * minutes + u] = x[b * step + u * LANES + lane];
      }
    }
}

struct Ranked { long key, stock; };
#define FEWEST 16

// Sorts by key: spread over as many buckets as there are keys, each of which is sorted in turn. The smallest has one of its
// own: it is often a zero, far below all others.
STEP void sort_keys(Ranked* x, Ranked* room, long n) {
  if (n <= FEWEST) {
    for (long i = 1; i < n; ++i) {
      Ranked one = x[i];
      long k = i;
      for (; k > 0 && x[k - 1].key > one.key; --k) x[k] = x[k - 1];
      x[k] = one;
    }
    return;
  }
  long least = x[0].key, most = least;
  for (long i = 1; i < n; ++i) {
    least = x[i].key < least ? x[i].key : least;
    most = x[i].key > most ? x[i].key : most;
  }
  if (least == most) return;
  long second = most;
  for (long i = 0; i < n; ++i) second = x[i].key > least && x[i].key < second ? x[i].key : second;
  unsigned ends[4097] = {0};
  long buckets = n < 4096 ? n : 4096;
  unsigned long range = (unsigned long)most - (unsigned long)second;
  int shift = 0;
  while ((range >> shift) + 1 >= (unsigned long)buckets) ++shift;
#define BUCKET(i) (x[i].key == least ? 0 : 1 + (((unsigned long)x[i].key - (unsigned long)second) >> shift))
  for (long i = 0; i < n; ++i) ++ends[BUCKET(i) + 1];
  for (long k = 0; k < buckets; ++k) ends[k + 1] += ends[k];
  for (long i = 0; i < n; ++i) room[ends[BUCKET(i)]++] = x[i];
  __builtin_memcpy(x, room, n * sizeof(Ranked));
  for (long k = 0, begin = 0; k < buckets; begin = ends[k++])
    if (ends[k] - begin > 1) sort_keys(x + begin, room, ends[k] - begin);
}

// Ranks over their number, in minutes first..last; equal values share the mean of theirs. `room` is for a number of each
// stock and minute, and four more of each stock.
extern "C" void ranks(const double* x, long step, long blocks, const double* weight, long first, long last, double* out,
                      long out_step, double* room) {
  const long stocks = blocks * LANES, minutes = last - first;
  Ranked *keys = (Ranked*)(room + minutes * stocks), *other = keys + stocks;
  for (long b = 0; b < blocks; ++b)
    for (long t = 0; t < minutes; ++t)
      for (int i = 0; i < LANES; i += W)
        st(room + t * stocks + b * LANES + i, ld(x + b * step + (first + t) * LANES + i) * ld(weight + b * LANES + i));
  for (long t = 0; t < minutes; ++t) {
    double* row = room + t * stocks;
    long n = 0;
    for (long i = 0; i < stocks; i += W) {
      V y = ld(row + i);
      M key = order(y), there = y == y;
      for (int k = 0; k < W; ++k) {
        keys[n] = {key[k], i + k};
        n -= there[k];
      }
    }
    sort_keys(keys, other, n);
    for (long begin = 0, end; begin < n; begin = end) {
      for (end = begin + 1; end < n && keys[end].key == keys[begin].key; ++end) {}
      double rank = ((begin + end - 1) / 2.0 + 1) / n;
      for (long i = begin; i < end; ++i) row[keys[i].stock] = rank;
    }
  }
  for (long b = 0; b < blocks; ++b)
    for (long t = 0; t < minutes; ++t)
      for (int i = 0; i < LANES; i += W)
        st(out + b * out_step + (first + t) * LANES + i, ld(room + t * stocks + b * LANES + i));
}

// Number of chosen minutes in which each of some stocks has no value.
extern "C" void gaps(const double* x, long step, const long* stocks, long first, long last, const long* minutes, long n,
                     long* out) {
  for (long i = first; i < last; ++i) {
    const double* from = x + stocks[i] / LANES * step + stocks[i] % LANES;
    long found = 0;
    for (long k = 0; k < n; ++k) found += from[minutes[k] * LANES] != from[minutes[k] * LANES];
    out[i] = found;
  }
}

#define WIDTH (3 * W)  // stocks of a panel, stored side by side: (panel, minute, stock)
extern "C" long panel_width() { return WIDTH; }
extern "C" long width() { return W; }

// Packs stocks of panels first..last, centred and of length 1; zeros where one is constant, and where `stocks` says -1.
extern "C" void units(const double* x, long step, const long* stocks, long first, long last, const long* minutes, long n,
                      double* out, double* exists) {
  for (long i = first * WIDTH; i < last * WIDTH; ++i) {
    double *to = out + i / WIDTH * n * WIDTH + i % WIDTH, least = INF, most = -INF, sum = 0.0, square = 0.0;
    exists[i] = 0.0;
    if (stocks[i] >= 0) {
      const double* from = x + stocks[i] / LANES * step + stocks[i] % LANES;
      double start = from[minutes[0] * LANES];
      for (long k = 0; k < n; ++k) {
        double y = from[minutes[k] * LANES];
        least = y < least ? y : least, most = y > most ? y : most, sum += y - start;
        to[k * WIDTH] = y - start;
      }
      exists[i] = most > least;
      sum /= n;
      for (long k = 0; k < n; ++k) {
        double y = to[k * WIDTH] - sum;
        square += y * y, to[k * WIDTH] = y;
      }
    }
    double scale = exists[i] > 0.0 ? 1 / __builtin_sqrt(square) : 0.0;
    for (long k = 0; k < n; ++k) to[k * WIDTH] = scale == 0.0 ? 0.0 : to[k * WIDTH] * scale;
  }
}

// The products of W stocks of one panel with all of another.
STEP void products(const double* p, const double* q, long n, V* out) {
  V c[W][3];
#pragma GCC unroll 8
  for (int r = 0; r < W; ++r) c[r][0] = c[r][1] = c[r][2] = cst(0.0);
  for (long k = 0; k < n; ++k, p += WIDTH, q += WIDTH) {
    V a0 = ld(p), a1 = ld(p + W), a2 = ld(p + 2 * W);
#pragma GCC unroll 8
    for (int r = 0; r < W; ++r) {
      V y = cst(q[r]);
      c[r][0] = c[r][0] + a0 * y, c[r][1] = c[r][1] + a1 * y, c[r][2] = c[r][2] + a2 * y;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < W; ++r)
    for (int j = 0; j < 3; ++j) out[3 * r + j] = vabs(c[r][j]);
}

// Adds to `out`, by stock, the sizes of the products of all pairs of panels one of which is among first..last: with those
// from itself on, so that each pair is met once.
extern "C" void pairs(const double* units, long n, long first, long last, long panels, double* out) {
  V c[3 * W];
  for (long p = first; p < panels; ++p)
    for (long q = first; q < last && q <= p; ++q)
      for (int from = 0; from < WIDTH; from += W) {
        products(units + p * n * WIDTH, units + q * n * WIDTH + from, n, c);
        if (p == q)
          for (int r = 0; r < W; ++r) c[3 * r + from / W][r] = 0.0;  // with itself
        for (int j = 0; j < 3; ++j) {
          V sum = c[j];
          for (int r = 1; r < W; ++r) sum = sum + c[3 * r + j];
          double* to = out + p * WIDTH + j * W;
          st(to, ld(to) + sum);
        }
        if (p == q) continue;  // its other half comes from the other side
        for (int r = 0; r < W; ++r) {
          V sum = c[3 * r] + c[3 * r + 1] + c[3 * r + 2];
          double* to = out + q * WIDTH + from + r;
          for (int i = 0; i < W; ++i) *to += sum[i];
        }
      }
}

// Correlates all stocks that have a weight with a few packed ones, panel by panel of which only the first `few` are there.
// Adds up the sizes for both, and says of all who has any: it is not constant in these minutes.
extern "C" void against(const double* x, long step, long first, long last, const double* weight, const long* minutes, long n,
                        const double* units, long few, double* whole, double* exists, double* out) {
  for (long b = first; b < last; ++b)
    for (int lane = 0; lane < LANES; lane += W) {
      const double* from = x + b * step + lane;
      V least = cst(INF), most = cst(-INF), mean = cst(0.0), square = mean, w = ld(weight + b * LANES + lane);
      V start = ld(from + minutes[0] * LANES);
      for (long k = 0; k < n; ++k) {
        V y = ld(from + minutes[k] * LANES);
        least = vmin(y, least), most = vmax(y, most), mean = mean + (y - start);
      }
      mean = mean / cst(n);
      for (long k = 0; k < n; ++k) {
        V y = ld(from + minutes[k] * LANES) - start - mean;
        square = square + y * y;
      }
      M there = (most > least) & (w == w);
      V scale = select(there, cst(1.0) / vsqrt(square), cst(0.0)), sum = cst(0.0);
      for (long r = 0; r < few; ++r) {
        const double* unit = units + r / WIDTH * n * WIDTH + r % WIDTH;
        V dot = cst(0.0);
        for (long k = 0; k < n; ++k) dot = dot + (ld(from + minutes[k] * LANES) - start - mean) * cst(unit[k * WIDTH]);
        dot = select(there, vabs(dot * scale), cst(0.0));
        sum = sum + dot;
        for (int i = 0; i < W; ++i) out[r] += dot[i];
      }
      st(whole + b * LANES + lane, sum);
      st(exists + b * LANES + lane, number(there));
    }
}

// The q-quantile of the values above 0 of some days, linear between neighbours, of blocks first..last; missing where one
// of the days is. By day and stock, of which there are `row`: where the series lies, doubles between its minutes, and how
// many there are, 0 for a day that is not known. `room` is for twice as many rows as the longest of each day have minutes.
extern "C" void quantiles(const double* const* series, const long* step, const long* minutes, long days, long first,
                          long last, long row, double q, double* room, double* out) {
  for (long b = first; b < last; ++b)
    for (int lane = 0; lane < LANES; lane += W) {
      int n = 0;
      M missing = nobody();
      for (long d = 0; d < days; ++d) {
        const long at = d * row + b * LANES + lane;
        const double* const* from = series + at;
        long longest = 0;
        int together = step[at] == LANES;  // side by side in a cube
        for (int i = 0; i < W; ++i) {
          longest = minutes[at + i] > longest ? minutes[at + i] : longest;
          together &= from[i] == from[0] + i && minutes[at + i] == minutes[at];
        }
        M some = nobody();
        for (long t = 0; t < longest; ++t) {
          V x = cst(NaN);
          if (together) x = ld(from[0] + t * step[at]);
          else
            for (int i = 0; i < W; ++i)
              if (t < minutes[at + i]) x[i] = from[i][t * step[at + i]];
          some = some | (x == x);
          st(room + n++ * STRIDE, select(x > cst(0.0), x, cst(NaN)));
        }
        missing = missing | not_(some);
      }
      Col key = {room, STRIDE};
      Sought found;
      V k, size;
      extremes(&found, &size, key, 0, n);
      V place = (size - cst(1.0)) * cst(q), below = vfloor(place);
      k = vmax(size - below, cst(1.0));  // from the largest on
      search(&found, room + n * STRIDE, key, 0, n, k);
      V low = cst(INF), high = low, above = cst(0.0), from = in_order(found.lo);
      for (int t = 0; t < n; ++t) low = select(key_at(t) >= from, vmin(key_at(t), low), low);
      for (int t = 0; t < n; ++t) {
        V x = key_at(t);
        above = tally(above, x > low), high = select(x > low, vmin(x, high), high);
      }
      high = select((place == below) | (above < k - cst(1.0)), low, high);
      V value = low + (high - low) * (place - below);
      st(out + b * LANES + lane, select((size > cst(0.0)) & not_(missing), value, cst(NaN)));
    }
}
