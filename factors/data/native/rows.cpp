// Passes over long rows, the same as the NumPy ones in factors.data.scatter and times, bit for bit.
// Threads take ranges of rows or of blocks; nothing here allocates or keeps state.
// Before it stands `Kind`: the types of numbers, in their one order.

static const long LANES = 8;   // as the cube's
static const long TILE = 4096;  // rows converted at a time: long enough for the hardware's prefetching, small enough for its caches
static const double NAN_ = __builtin_nan("");

// Whole minutes of ticks; returns the first row off the minute, or -1.
template <long PER> static long whole(const long* ticks, long n, int* out) {
  long wrong = 0;
  for (long i = 0; i < n; ++i) {
    long minute = ticks[i] / PER;
    wrong |= ticks[i] - minute * PER;
    out[i] = (int)minute;
  }
  if (!wrong) return -1;
  for (long i = 0;; ++i)
    if (ticks[i] % PER) return i;
}
extern "C" long minutes(const long* ticks, long n, long per, int* out) {
  switch (per) {
    case 60: return whole<60>(ticks, n, out);
    case 60000: return whole<60000>(ticks, n, out);
    case 60000000: return whole<60000000>(ticks, n, out);
    case 60000000000: return whole<60000000000>(ticks, n, out);
  }
  return -2;
}

extern "C" void edges(const int* values, long n, int* out) {
  int low = values[0], high = values[0];
  for (long i = 1; i < n; ++i) {
    low = values[i] < low ? values[i] : low;
    high = values[i] > high ? values[i] : high;
  }
  out[0] = low, out[1] = high;
}
// Counts in four tables, because equal neighbours would wait for each other's result.
extern "C" void histogram(const int* values, long n, int low, long size, long* counts, int* scratch) {
  long i = 0;
  for (; i + 4 <= n; i += 4)
    for (long k = 0; k < 4; ++k) ++scratch[k * size + values[i + k] - low];
  for (; i < n; ++i) ++scratch[values[i] - low];
  for (long k = 0; k < 4; ++k)
    for (long j = 0; j < size; ++j) counts[j] += scratch[k * size + j];
}

extern "C" void place(const int* minutes, long n, int first, const short* of_minute, const signed char* of_role, short* minute, signed char* role) {
  for (long i = 0; i < n; ++i) {
    minute[i] = of_minute[minutes[i] - first];
    role[i] = of_role[minutes[i] - first];
  }
}

typedef double V __attribute__((vector_size(8 * LANES)));
typedef long M __attribute__((vector_size(8 * LANES)));

// Converts n rows, of which the last vector is filled up with NaN, makes impossible values missing and counts them.
extern "C" void used(const int* codes, long n, unsigned char* found) {
  for (long i = 0; i < n; ++i) found[codes[i]] = 1;
}
extern "C" void translate(const int* codes, long n, const int* to, int* out) {
  for (long i = 0; i < n; ++i) out[i] = to[codes[i]];
}

// A whole number beyond 2^53, cut in two that are exact, over `down`: the nearest double, which is below 1e15 what it must be.
template <class T> static double quotient(T n, double down) {
  const double high = (double)(n >> 32) * 0x1p32, low = (double)(n & 0xffffffff), x = high + low, rest = low - (x - high);
  const double q = x / down;
  return rest == 0.0 ? q : q + (__builtin_fma(-q, down, x) + rest) / down;
}

// x in its unit is x / down where that is not 1, else x * up.
template <class T> static void convert(const void* from, long start, long n, double up, double down, const double* of_code, const int* code, bool price, double* out, long* counts) {
  typedef T X __attribute__((vector_size(sizeof(T) * LANES)));
  const T* rows = (const T*)from + start;
  const V none = NAN_ - V{};
  M infinite = M{}, bad = M{};
  for (long i = 0; i < n; i += LANES) {
    V x;
    if (i + LANES <= n) {
      X raw;
      __builtin_memcpy(&raw, rows + i, sizeof raw);
      x = __builtin_convertvector(raw, V);
    } else {
      x = none;
      for (long k = 0; k < n - i; ++k) x[k] = (double)rows[i + k];
    }
    if (of_code)
      for (long k = 0; k < LANES && i + k < n; ++k) x[k] *= of_code[code[start + i + k]];
    else if (down != 1.0) {
      const V q = x / down;
      if constexpr (sizeof(T) == 8 && (T)0.5 == 0) {  // whole numbers of 64 bits
        for (long k = 0; k < LANES && i + k < n; ++k)
          x[k] = __builtin_fabs(x[k]) < 0x1p53 ? q[k] : quotient(rows[i + k], down);
      } else
        x = q;
    } else if (up != 1.0)
      x = x * up;
    M inf = (V)((M)x & 0x7fffffffffffffffL) == __builtin_inf() - V{};
    M low = (price ? x <= 0.0 : x < 0.0) & ~inf;
    infinite -= inf, bad -= low;
    x = (inf | low) ? none : x;
    __builtin_memcpy(out + i, &x, sizeof x);
  }
  for (long k = 0; k < LANES; ++k) counts[0] += infinite[k], counts[1] += bad[k];
}
static void load(int kind, const void* from, long start, long n, double up, double down, const double* of_code, const int* code, bool price, double* out, long* counts) {
#define CASE(name, T) case name: return convert<T>(from, start, n, up, down, of_code, code, price, out, counts);
  switch (kind) {
    CASE(F64, double) CASE(F32, float) CASE(I64, long) CASE(I32, int) CASE(I16, short) CASE(I8, signed char)
    CASE(U64, unsigned long) CASE(U32, unsigned) CASE(U16, unsigned short) CASE(U8, unsigned char)
  }
}

// Whether the high is below the low, or else the close outside of them by more than a tick.
struct Range { M crossed, outside; };
static inline Range judge(V close, const double* high, const double* low) {
  V h, l;
  __builtin_memcpy(&h, high, sizeof h);
  __builtin_memcpy(&l, low, sizeof l);
  const V part = 0.03 * close, tick = part < 0.015 ? part : 0.015 - V{}, least = 1e-6 * close;
  const V limit = tick > least ? tick : least;
  const M crossed = h < l;
  return {crossed, ((close - h > limit) | (l - close > limit)) & ~crossed};
}

// Writes rows begin..end into the cube, storage (block, field, minute, lane); close, high and low are the places of these
// fields, -1 of one that is not there. Each cell's byte of `present` (block, minute, lane) becomes 1. counts: infinite and bad of each field, then high < low,
// close outside of them, without a close, written.
extern "C" void scatter(
    const void* const* data, const int* kind, const double* up, const double* down, const double* const* unit_of_code, const int* is_price, int fields,
    int close, int high, int low, const int* code, const short* minute, const signed char* role, long begin, long end,
    long minutes, double* storage, unsigned char* present, long* counts) {
  double buffer[8][TILE], missing[TILE];
  long cell[TILE];
  for (long i = 0; i < TILE && (high < 0 || low < 0); ++i) missing[i] = NAN_;
  const int stride = (int)(minutes * LANES), block = stride * fields;
  for (long start = begin; start < end; start += TILE) {
    const int n = (int)(end - start < TILE ? end - start : TILE);
    const int* c = code + start;
    const short* m = minute + start;
    const signed char* r = role + start;
    for (int f = 0; f < fields; ++f)
      load(kind[f], data[f], start, n, up[f], down[f], unit_of_code[f], code, is_price[f], buffer[f], counts + 2 * f);
    M closed = M{}, crossed = M{}, outside = M{};
    const double* h = high >= 0 ? buffer[high] : missing;
    const double* l = low >= 0 ? buffer[low] : missing;
    for (int i = 0; i < n; i += LANES) {
      V x;
      __builtin_memcpy(&x, buffer[close] + i, sizeof x);
      closed -= x == x;
      const Range range = judge(x, h + i, l + i);
      crossed -= range.crossed, outside -= range.outside;
    }
    long wrong = 0;
    for (int k = 0; k < LANES; ++k) wrong += crossed[k] + outside[k];
    for (int i = 0; wrong && i < n; i += LANES) {
      V x;
      __builtin_memcpy(&x, buffer[close] + i, sizeof x);
      const Range range = judge(x, h + i, l + i);
      for (int k = 0; k < LANES; ++k)
        if (range.crossed[k] || range.outside[k]) {
          if (high >= 0) buffer[high][i + k] = NAN_;
          if (low >= 0) buffer[low][i + k] = NAN_;
        }
    }
    long priced = 0;
    for (int k = 0; k < LANES; ++k)
      priced += closed[k], counts[2 * fields] += crossed[k], counts[2 * fields + 1] += outside[k];
    int others = 0;
    for (int i = 0; i < n; ++i) others |= r[i];
    counts[2 * fields + 2] += n - priced;
    if (priced == n && !others) {  // every row is a bar of its own, as nearly always
      counts[2 * fields + 3] += n;
      for (int i = 0; i < n; ++i) {
        present[(long)(c[i] >> 3) * stride + m[i] * LANES + (c[i] & 7)] = 1;
        cell[i] = (long)(c[i] >> 3) * block + m[i] * LANES + (c[i] & 7);
      }
      for (int f = 0; f < fields; ++f) {
        double* field = storage + (long)f * stride;
        const double* x = buffer[f];
        if (is_price[f])
          for (int i = 0; i < n; ++i) field[cell[i]] = x[i];
        else
          for (int i = 0; i < n; ++i) field[cell[i]] = x[i] == x[i] ? x[i] : 0.0;
      }
      continue;
    }
    for (int i = 0; i < n; ++i) {
      if (r[i] || buffer[close][i] != buffer[close][i]) continue;
      ++counts[2 * fields + 3];
      present[(long)(c[i] >> 3) * stride + m[i] * LANES + (c[i] & 7)] = 1;
      double* to = storage + (long)(c[i] >> 3) * block + m[i] * LANES + (c[i] & 7);
      for (int f = 0; f < fields; ++f) {
        double x = buffer[f][i];
        to[(long)f * stride] = x == x || is_price[f] ? x : 0.0;
      }
    }
  }
}

// Empties the cells of blocks begin..end that no row was written to, and returns the number of the others.
extern "C" long empty(double* storage, const unsigned char* present, long begin, long end, int fields, long minutes) {
  const long stride = minutes * LANES;
  long found = 0;
  for (long b = begin; b < end; ++b) {
    double* block = storage + b * fields * stride;
    for (long i = 0; i < stride; i += LANES) {
      unsigned long there;
      __builtin_memcpy(&there, present + b * stride + i, sizeof there);
      found += __builtin_popcountl(there);
      if (there == 0x0101010101010101) continue;
      for (int f = 0; f < fields; ++f)
        for (long k = 0; k < LANES; ++k)
          if (!(there >> (8 * k) & 1)) block[f * stride + i + k] = NAN_;
    }
  }
  return found;
}
// Marks delivered bars and the stocks that traded, and carries the close over the gaps, in blocks begin..end and the first
// `used` minutes. Of a stock that traded, a bar without volume is a gap; `volume` is -1 where there is none.
extern "C" void fill(double* storage, unsigned char* present, unsigned char* traded, long begin, long end, int fields, int close, int volume, const int* is_price, long used, long minutes) {
  typedef double H __attribute__((vector_size(32)));  // half of the lanes: wider than a machine's vectors, blending is slow
  typedef long N __attribute__((vector_size(32)));
  const long HALF = LANES / 2, stride = minutes * LANES;
  const N none = (N)(NAN_ - H{});
  for (long b = begin; b < end; ++b) {
    double *block = storage + b * fields * stride, *x = block + close * stride, *v = volume < 0 ? x : block + volume * stride;
    unsigned char* there = present + b * stride;
    for (long i = 0; i < used * LANES; ++i) there[i] = x[i] == x[i];
    for (long half = 0; half < LANES; half += HALF) {
      N some = N{}, gaps = N{}, empty = N{};
      for (long i = half; i < used * LANES; i += LANES) {
        H c, w;
        __builtin_memcpy(&c, x + i, sizeof c);
        __builtin_memcpy(&w, v + i, sizeof w);
        gaps |= c != c, some |= w > H{}, empty |= w == H{};
      }
      empty &= some;
      long any = 0;
      for (long k = 0; k < HALF; ++k) traded[b * LANES + half + k] = some[k] != 0, any |= gaps[k] | empty[k];
      if (!any) continue;
      N last = none, known = N{};
      for (long i = half; i < used * LANES; i += LANES) {
        H c, w;
        __builtin_memcpy(&c, x + i, sizeof c);
        __builtin_memcpy(&w, v + i, sizeof w);
        const N gap = (c != c) | ((w == H{}) & some), carried = last, zero = none & ~known;
        last = ((N)c & ~gap) | (last & gap), known |= ~gap;
        if (!(gap[0] | gap[1] | gap[2] | gap[3])) continue;
        for (int f = 0; f < fields; ++f) {
          double* to = block + f * stride + i;
          N y;
          __builtin_memcpy(&y, to, sizeof y);
          y = (y & ~gap) | ((is_price[f] ? carried : zero) & gap);
          __builtin_memcpy(to, &y, sizeof y);
        }
      }
    }
  }
}

// Values as whole numbers of ticks, of blocks `apart` from each other; returns the place of the first that is none, or -1.
extern "C" long whole_ticks(const double* values, long blocks, long apart, long size, double up, double down, int* out) {
  for (long b = 0; b < blocks; ++b, values += apart, out += size) {
    int wrong = 0;
    for (long i = 0; i < size; ++i) {
      double x = values[i], count = (x * down / up + 0x1.8p52) - 0x1.8p52;
      int fits = (count * up / down == x) & (count <= 2147483647.0) & (count >= -2147483647.0), there = x == x;
      wrong |= there & !fits;
      out[i] = fits ? (int)count : (int)0x80000000;
    }
    if (wrong)
      for (long i = 0; i < size; ++i)
        if (values[i] == values[i] && out[i] == (int)0x80000000) return b * size + i;
  }
  return -1;
}
