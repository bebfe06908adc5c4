// Sorting the minutes of each lane by a key.
//
// Keys become codes: as many steps between the largest and the smallest as fit 32 bits together with the minute. One
// vector has room for the codes of two minutes, so that two halves of the day are sorted at once and then merged.
#define INDEX_BITS (T <= 128 ? 7 : T <= 256 ? 8 : T <= 512 ? 9 : T <= 1024 ? 10 : T <= 2048 ? 11 : 16)
#define INDEX ((1L << INDEX_BITS) - 1)
#define MOST_CODE ((1L << (31 - INDEX_BITS)) - 1)
#define NO_CODE 0x7fffffffL

#if W == 1
struct Codes { int low, high; };
HELPER void pair(int& a, int& b) { int low = a < b ? a : b; b = a < b ? b : a, a = low; }
HELPER void pair(Codes& a, Codes& b) { pair(a.low, b.low), pair(a.high, b.high); }
#else
typedef int Codes __attribute__((vector_size(8 * W)));
HELPER void pair(Codes& a, Codes& b) {
  Codes low = a < b ? a : b;
  b = a < b ? b : a, a = low;
}
#endif
HELPER Codes codes(const double* p) { Codes x; __builtin_memcpy(&x, p, sizeof x); return x; }
HELPER void keep(double* p, Codes x) { __builtin_memcpy(p, &x, sizeof x); }

HELPER void merge4(Codes& a, Codes& b, Codes& c, Codes& d) { pair(a, c), pair(b, d), pair(a, b), pair(c, d); }
HELPER void merge8(Codes* x) {
  pair(x[0], x[4]), pair(x[1], x[5]), pair(x[2], x[6]), pair(x[3], x[7]);
  merge4(x[0], x[1], x[2], x[3]), merge4(x[4], x[5], x[6], x[7]);
}
HELPER void sort8(Codes* x) {
  pair(x[0], x[2]), pair(x[1], x[3]), pair(x[4], x[6]), pair(x[5], x[7]);
  pair(x[0], x[4]), pair(x[1], x[5]), pair(x[2], x[6]), pair(x[3], x[7]);
  pair(x[0], x[1]), pair(x[2], x[3]), pair(x[4], x[5]), pair(x[6], x[7]);
  pair(x[2], x[4]), pair(x[3], x[5]), pair(x[1], x[4]), pair(x[3], x[6]);
  pair(x[1], x[2]), pair(x[3], x[4]), pair(x[5], x[6]);
}

// Sixteen rows in registers: eight from row `from` on, `gap` apart, and eight from `to` on, `by` apart.
#define ROW(i) (rows + (long)(i < 8 ? from + i * gap : to + (i - 8) * by) * W)
#define ROWS(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14) DO(15)
#define READ_ROW(i) x[i] = codes(ROW(i));
#define KEEP_ROW(i) keep(ROW(i), x[i]);

HELPER void sort_16(double* rows, int from, int gap, int to, int by) {
  Codes x[16];
  ROWS(READ_ROW)
  sort8(x), sort8(x + 8);
  pair(x[0], x[15]), pair(x[1], x[14]), pair(x[2], x[13]), pair(x[3], x[12]);
  pair(x[4], x[11]), pair(x[5], x[10]), pair(x[6], x[9]), pair(x[7], x[8]);
  merge8(x), merge8(x + 8);
  ROWS(KEEP_ROW)
}

// Four steps of a merge. The first four of two runs take the mirror images of the rows of the one from the other.
HELPER void merge_16(double* rows, int from, int gap, int to, int by) {
  Codes x[16];
  ROWS(READ_ROW)
  pair(x[0], x[8]), pair(x[1], x[9]), pair(x[2], x[10]), pair(x[3], x[11]);
  pair(x[4], x[12]), pair(x[5], x[13]), pair(x[6], x[14]), pair(x[7], x[15]);
  merge8(x);
  if (by > 0) {
    merge8(x + 8);
  } else {
    pair(x[12], x[8]), pair(x[13], x[9]), pair(x[14], x[10]), pair(x[15], x[11]);
    merge4(x[15], x[14], x[13], x[12]), merge4(x[11], x[10], x[9], x[8]);
  }
  ROWS(KEEP_ROW)
}

// The last one to three steps, where four do not fit: sixteen rows beside each other.
HELPER void merge_last(double* rows, int from, int gap, int to, int by, int steps) {
  Codes x[16];
  ROWS(READ_ROW)
  if (steps == 3) merge8(x), merge8(x + 8);
  if (steps == 2) {
    merge4(x[0], x[1], x[2], x[3]), merge4(x[4], x[5], x[6], x[7]);
    merge4(x[8], x[9], x[10], x[11]), merge4(x[12], x[13], x[14], x[15]);
  }
  if (steps == 1) {
    pair(x[0], x[1]), pair(x[2], x[3]), pair(x[4], x[5]), pair(x[6], x[7]);
    pair(x[8], x[9]), pair(x[10], x[11]), pair(x[12], x[13]), pair(x[14], x[15]);
  }
  ROWS(KEEP_ROW)
}

// The steps of a merge from rows `gap` apart on.
HELPER void merge_on(double* rows, int from, int past, int gap) {
  for (; gap >= 8; gap /= 16)
    for (int part = from; part < past; part += 2 * gap)
      for (int i = 0; i < gap / 8; ++i) merge_16(rows, part + i, gap / 8, part + gap + i, gap / 8);
  for (int part = from; gap > 0 && part < past; part += 16)
    merge_last(rows, part, 1, part + 8, 1, gap == 4 ? 3 : gap);
}

// Sorts rows of codes, a power of two of them, 16 or more, by bitonic merges: the same comparisons for all lanes. At
// last the two codes of a row are merged: the first halves of all rows, and behind them the second ones, are in order.
STEP void sort_codes(double* rows, int n) {
  for (int from = 0; from < n; from += 16) sort_16(rows, from, 1, from + 8, 1);
  for (int run = 16; run < n; run *= 2)
    for (int from = 0; from < n; from += 2 * run) {
      int gap = run / 8;
      for (int i = 0; i < gap; ++i) merge_16(rows, from + i, gap, from + 2 * run - 1 - i, -gap);
      merge_on(rows, from, from + 2 * run, run / 16);
    }
  for (int i = 0; i < n / 2; ++i) {
    double *p = rows + i * W, *q = rows + (n - 1 - i) * W;
    M other = bits(ld(q));
    st(q, from_bits(((other >> 32) & LOW_HALF) | (other << 32)));
    Codes a = codes(p), b = codes(q);
    pair(a, b);
    keep(p, a), keep(q, b);
    M low = bits(ld(p)), high = bits(ld(q));
    st(p, from_bits((low & LOW_HALF) | (high << 32)));
    st(q, from_bits(((low >> 32) & LOW_HALF) | (high & ~LOW_HALF)));
  }
  merge_on(rows, 0, n, n / 2);
}

// The codes of keys as the lower bits of doubles: the largest key has the smallest one. Infinite keys take codes from
// their bits, as there are no steps up to them.
struct Coding { V most, by; M bounded; };
#define AS_CODE (0x1.8p52 - (double)MOST_CODE - 1.0)

STEP Coding coding(Col key, int begin, int end) {
  V low = cst(INF), high = cst(-INF), low1 = low, high1 = high, low2 = low, high2 = high;
  int t = begin;
  for (; t < end - 2; t += 3) {
    V x = at_(key, t), y = at_(key, t + 1), z = at_(key, t + 2);
    low = vmin(x, low), high = vmax(x, high);
    low1 = vmin(y, low1), high1 = vmax(y, high1);
    low2 = vmin(z, low2), high2 = vmax(z, high2);
  }
  for (; t < end; ++t) low = vmin(at_(key, t), low), high = vmax(at_(key, t), high);
  low = vmin(vmin(low, low1), low2), high = vmax(vmax(high, high1), high2);
  V by = cst(2.0 * MOST_CODE - 1.0) / (high - low);
  return Coding{high, select(by < cst(1e300), by, cst(0.0)), not_(high - low >= cst(INF))};
}

HELPER M code_of(V x, Coding c, bool bounded) {
  M code = bits((c.most - x) * c.by + cst(AS_CODE));
  if (!bounded) code = select(c.bounded, code, (((order(cst(INF)) >> 1) - (order(x) >> 1)) >> (31 + INDEX_BITS)) - MOST_CODE - 1);
  return select(x == x, code, nobody() + MOST_CODE) << INDEX_BITS;
}

// Rows of the codes of minute begin + k and, in the upper half, of begin + length + k; where there is none, the last.
HELPER void write_codes(double* rows, Col key, int begin, int end, int length, Coding c, bool bounded) {
  int k = 0, t = begin + length;
  for (; t < end; ++k, ++t) {
    M low = code_of(at_(key, begin + k), c, bounded) | (begin + k), high = code_of(at_(key, t), c, bounded) | t;
    st(rows + k * W, from_bits((low & LOW_HALF) | (high << 32)));
  }
  for (; k < length; ++k) {
    M low = begin + k < end ? code_of(at_(key, begin + k), c, bounded) | (begin + k) : nobody() + NO_CODE;
    st(rows + k * W, from_bits((low & LOW_HALF) | (nobody() + (NO_CODE << 32))));
  }
}

STEP void codes_of(double* rows, Col key, int begin, int end, int length) {
  Coding c = coding(key, begin, end);
  if (any(not_(c.bounded))) write_codes(rows, key, begin, end, length, c, false);
  else write_codes(rows, key, begin, end, length, c, true);
}

// Writes a row of an order; notes the lanes where its key is larger than the one before.
struct Written { V before; M wrong, some; };
HELPER void write_row(double* out, M at, V x, Written& w) {
  M there = x == x;
  M equal = select(x == w.before, nobody() + EQUAL, nobody()), none = select(there, nobody(), nobody() + NONE);
  st(out, from_bits(at | equal | none));
  w.wrong = w.wrong | (x > w.before);
  w.some = select(there, w.some + 1, w.some);
  w.before = x;
}

#define PLACE(lane) x.p[(code_at(codes, 2 * (lane) + half) & INDEX) * x.step + (lane)]
HELPER long code_at(const double* codes, int k) { int n; __builtin_memcpy(&n, (const char*)codes + 4 * k, sizeof n); return n; }
#if W == 8
HELPER V gathered(Col x, const double* codes, int half) { return V{PLACE(0), PLACE(1), PLACE(2), PLACE(3), PLACE(4), PLACE(5), PLACE(6), PLACE(7)}; }
#elif W == 4
HELPER V gathered(Col x, const double* codes, int half) { return V{PLACE(0), PLACE(1), PLACE(2), PLACE(3)}; }
#elif W == 2
HELPER V gathered(Col x, const double* codes, int half) { return V{PLACE(0), PLACE(1)}; }
#else
HELPER V gathered(Col x, const double* codes, int half) { return PLACE(0); }
#endif
HELPER void write_half(double* out, const double* rows, Col key, int n, int half, Written& w) {
  if (LANES == STRIDE) key.step = STRIDE;
  for (int k = 0; k < n; ++k, out += STRIDE, rows += W)
    write_row(out, ((bits(ld(rows)) >> (32 * half)) & INDEX) * STRIDE, gathered(key, rows, half), w);
}

STEP M write_order(double* out, const double* rows, Col key, int n, int length) {
  Written w = {cst(NaN), nobody(), nobody()};
  write_half(out, rows, key, n < length ? n : length, 0, w);
  write_half(row(out, length), rows, key, n - length, 1, w);
  st(out, from_bits(bits(ld(out)) | (w.some << 32)));
  return w.wrong;
}

// Changes places of neighbours where the second key is larger.
HELPER M change(double* out, double* keys, int k) {
  V x = ld(keys + k * W), y = ld(keys + (k + 1) * W), a = ld(row(out, k)), b = ld(row(out, k + 1));
  M wrong = y > x;
  st(keys + k * W, select(wrong, y, x)), st(keys + (k + 1) * W, select(wrong, x, y));
  st(row(out, k), select(wrong, b, a)), st(row(out, k + 1), select(wrong, a, b));
  return wrong;
}

// Puts in order what different keys of one code have left wrong: such rows are near each other.
STEP void mend(double* out, double* keys, Col key, int n) {
  for (int k = 0; k < n; ++k) st(keys + k * W, gathered(key, row(out, k)));
  for (M wrong = not_(nobody()); any(wrong);) {
    wrong = nobody();
    for (int k = 0; k < n - 1; k += 2) wrong = wrong | change(out, keys, k);
    for (int k = 1; k < n - 1; k += 2) wrong = wrong | change(out, keys, k);
  }
  Written w = {cst(NaN), nobody(), nobody()};
  for (int k = 0; k < n; ++k) write_row(row(out, k), bits(ld(row(out, k))) & LOW_HALF, ld(keys + k * W), w);
  st(out, from_bits(bits(ld(out)) | (w.some << 32)));
}
