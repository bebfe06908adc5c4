// Long rows whose columns lie in the device's memory, written into a day's storage (block, field, minute, lane).
//
// A column is read as float64 in units of the cube; what no market shows is missing. Row i of a piece is the day's row
// begin + i; in the column it stands at first + i or, where first < 0, at rows[begin + i].
//
// Before this text stand `Kind`, the types of numbers, and `How`, the ways to merge two bars, each in its one order.
#define LANES 8
#define MISSING __longlong_as_double(0x7ff8000000000000L)
#define COLUMN const void* values, long kind, double up, double down, const double* of_stock, long by_stock, long price
#define ROWS const int* rows, long first, long begin, const int* code, const short* minute, const signed char* role, const int* own
#define CUBE double* storage, int* owner, long field, long size, long row
#define NUMBER long number
#define EACH const long i = (long)blockIdx.x * THREADS + threadIdx.x; if (i >= number) return
#define KERNEL extern "C" __global__ void __launch_bounds__(THREADS)
typedef unsigned long long Count;
enum Owner { NONE, BAR, EMPTY };  // what a minute has: no bar, one that counts, one without volume of a stock that traded

static __device__ double number_at(const void* values, long kind, long at) {
#define CASE(name, T) case name: return (double)((const T*)values)[at];
  switch (kind) {
    CASE(F64, double) CASE(F32, float) CASE(I64, long) CASE(I32, int) CASE(I16, short) CASE(I8, signed char)
    CASE(U64, unsigned long) CASE(U32, unsigned) CASE(U16, unsigned short) CASE(U8, unsigned char)
  }
  return MISSING;
}
// A number in its unit, rounded once, as on the host: of a whole number beyond 2^53 what it was rounded by is made good.
static __device__ double value_at(const void* values, long kind, long at, double up, double down) {
  const double x = number_at(values, kind, at);
  if (down == 1.0) return __dmul_rn(x, up);
  const double q = __ddiv_rn(x, down);
  if ((kind != I64 && kind != U64) || fabs(x) < 9007199254740992.0) return q;
  const unsigned long n = ((const unsigned long*)values)[at];
  const double high = __dmul_rn(kind == I64 ? (double)((long)n >> 32) : (double)(n >> 32), 4294967296.0);
  const double rest = (double)(n & 0xffffffff) - (x - high);
  return rest == 0.0 ? q : q + __ddiv_rn(__fma_rn(-q, down, x) + rest, down);
}
static __device__ bool infinite(double x) { return fabs(x) == __longlong_as_double(0x7ff0000000000000L); }
static __device__ bool bad(double x, long price) { return price ? x <= 0.0 : x < 0.0; }
static __device__ double zero_if_missing(double x) { return x == x ? x : 0.0; }

// Where a stock's minute lies among the marks of delivered bars, and in the storage.
static __device__ long mark_of(int stock, int minute, long row) { return stock / LANES * row + minute * LANES + stock % LANES; }
static __device__ long cell_of(int stock, int minute, long size) { return stock / LANES * size + minute * LANES + stock % LANES; }

#define READ(x) \
  const long day_row = begin + i, at = first < 0 ? rows[day_row] : first + i; \
  const int stock = own[code[day_row]]; \
  double x = value_at(values, kind, at, by_stock ? of_stock[stock] : up, by_stock ? 1.0 : down)

KERNEL gather_rows(const void* values, long kind, const int* rows, long first, double* out, NUMBER) {
  EACH;
  out[i] = number_at(values, kind, first < 0 ? rows[i] : first + i);
}

// A day without a bar.
KERNEL clear_day(int* owner, long marks, unsigned char* traded, long lanes, double* auction, long stocks, Count* counts,
             long counters, NUMBER) {
  EACH;
  if (i < marks) owner[i] = NONE;
  if (i < lanes) traded[i] = 0;
  if (i < stocks) auction[i] = MISSING;
  if (i < counters) counts[i] = 0;
}

// The close comes first: it says which rows are alive, and marks the bars that are delivered.
// counts: infinite and bad of each field, then high < low, close outside of them, without a close, and bars of which there is
// one already. alive: 1 of a row with a close, 2 more of one whose high and low are missing.
KERNEL write_close(COLUMN, ROWS, CUBE, unsigned char* alive, Count* counts, long fields, NUMBER) {
  EACH;
  READ(x);
  if (infinite(x)) atomicAdd(counts + 2 * field, 1ull);
  else if (bad(x, price)) atomicAdd(counts + 2 * field + 1, 1ull);
  const bool there = x == x && !infinite(x) && !bad(x, price);
  alive[day_row] = there;
  if (!there) atomicAdd(counts + 2 * fields + 2, 1ull);
  if (!there || role[day_row]) return;
  if (atomicExch(owner + mark_of(stock, minute[day_row], row), (int)BAR)) atomicAdd(counts + 2 * fields + 3, 1ull);
  storage[cell_of(stock, minute[day_row], size) + field * row] = x;
}
KERNEL write_field(COLUMN, ROWS, CUBE, const unsigned char* alive, Count* counts, long ranged, NUMBER) {
  EACH;
  READ(x);
  if (infinite(x)) atomicAdd(counts + 2 * field, 1ull), x = MISSING;
  else if (bad(x, price)) atomicAdd(counts + 2 * field + 1, 1ull), x = MISSING;
  if (!(alive[day_row] & 1) || role[day_row]) return;
  if (ranged && alive[day_row] & 2) x = MISSING;
  storage[cell_of(stock, minute[day_row], size) + field * row] = price ? x : zero_if_missing(x);
}
// Says of each row whether its high and low contradict it; a column that is not there is any other.
static __device__ double price_or_missing(double x) { return infinite(x) || bad(x, 1) ? MISSING : x; }
KERNEL judge_range(const void* high, long high_kind, long has_high, const void* low, long low_kind, long has_low, const void* close,
             long kind, double up, double down, const int* rows, long first, long begin, unsigned char* alive, Count* counts,
             long fields, NUMBER) {
  EACH;
  const long at = first < 0 ? rows[begin + i] : first + i;
  const double h = has_high ? price_or_missing(value_at(high, high_kind, at, up, down)) : MISSING;
  const double l = has_low ? price_or_missing(value_at(low, low_kind, at, up, down)) : MISSING;
  const double c = price_or_missing(value_at(close, kind, at, up, down));
  const double limit = fmax(fmin(__dmul_rn(0.03, c), 0.015), __dmul_rn(1e-6, c));
  const bool crossed = h < l, outside = !crossed && (c - h > limit || l - c > limit);
  if (crossed) atomicAdd(counts + 2 * fields, 1ull);
  if (outside) atomicAdd(counts + 2 * fields + 1, 1ull);
  if (crossed || outside) alive[begin + i] |= 2;
}

// Notes the stocks that traded; then what bars of theirs have no volume, which are as if they were absent.
KERNEL note_traded(COLUMN, ROWS, const unsigned char* alive, unsigned char* traded, NUMBER) {
  EACH;
  READ(x);
  if ((alive[day_row] & 1) && x > 0.0 && !infinite(x)) traded[stock] = 1;
}
KERNEL drop_empty(COLUMN, ROWS, int* owner, long row, unsigned char* alive, const unsigned char* traded, NUMBER) {
  EACH;
  READ(x);
  if (!(alive[day_row] & 1) || !traded[stock] || (x > 0.0 && !infinite(x))) return;
  if (role[day_row]) alive[day_row] = 0;
  else owner[mark_of(stock, minute[day_row], row)] = EMPTY;
}

// Bars before or behind their minute's own, of which `picked` are the day's rows of one clock minute; the close comes last.
KERNEL merge_field(COLUMN, ROWS, CUBE, const unsigned char* alive, const int* picked, long how, long is_close, double* auction,
             long opens, long ranged, NUMBER) {
  EACH;
  const long day_row = picked[i], at = first < 0 ? rows[day_row] : first + day_row - begin;
  if (!(alive[day_row] & 1)) return;
  const int stock = own[code[day_row]];
  const long mark = mark_of(stock, minute[day_row], row), cell = cell_of(stock, minute[day_row], size) + field * row;
  double x = value_at(values, kind, at, by_stock ? of_stock[stock] : up, by_stock ? 1.0 : down);
  if (infinite(x) || bad(x, price) || (ranged && alive[day_row] & 2)) x = MISSING;
  const bool empty = owner[mark] != BAR;
  const double old = empty ? MISSING : storage[cell];
  if (how == HIGH) storage[cell] = fmax(old, x);
  if (how == LOW) storage[cell] = fmin(old, x);
  if (how == KEEP) storage[cell] = x == x && empty ? x : old;
  if (how == TAKE) storage[cell] = x == x ? x : old;
  if (how == ADD) storage[cell] = zero_if_missing(old) + zero_if_missing(x);
  if (opens && minute[day_row] == 0) auction[stock] = zero_if_missing(auction[stock]) + zero_if_missing(x);
  if (is_close) owner[mark] = BAR;
}

// Carries the close over the gaps: a thread has one field of one stock. Minutes before its first bar, and from `used` on, are missing.
KERNEL fill_day(double* storage, const int* owner, unsigned char* mask, long fields, long close, long prices, long used,
            long minutes, NUMBER) {
  EACH;
  const long lane = i % LANES, field = i / LANES % fields, block = i / LANES / fields, row = minutes * LANES;
  double carried = MISSING;
  for (long t = 0; t < minutes; ++t) {
    const long mark = block * row + t * LANES + lane, cell = (block * fields + field) * row + t * LANES + lane;
    if (field == 0) mask[mark] = owner[mark] != NONE;
    if (owner[mark] == BAR) carried = storage[cell + (close - field) * row];
    else if (t < used && carried == carried) storage[cell] = prices >> field & 1 ? carried : 0.0;
    else storage[cell] = MISSING;
  }
}
