// The lane type on a CPU: V is a vector of doubles as wide as the machine's registers, one stock per lane.
#if defined(__AVX512F__) && defined(__AVX512DQ__)
#define W 8
#elif defined(__AVX__)
#define W 4
#else
#define W 2
#endif
#define STEP static __attribute__((noinline))
#define SHARED __attribute__((noinline, visibility("hidden")))  // a step that another part of the text calls
#define HELPER static inline __attribute__((always_inline))
#define STRIDE W
#define APART 1  // distance of values kept
#define INF __builtin_inf()
#define ROLLED
#define NaN __builtin_nan("")

typedef double V __attribute__((vector_size(8 * W)));
typedef long M __attribute__((vector_size(8 * W)));

HELPER V cst(double x) { return x - V{}; }
HELPER V ld(const double* p) { V x; __builtin_memcpy(&x, p, sizeof x); return x; }
HELPER void ahead(const double* p) { __builtin_prefetch(p, 0, 2); }  // of storage read soon, or of nothing
HELPER void st(double* p, V x) { __builtin_memcpy(p, &x, sizeof x); }
HELPER V select(M m, V a, V b) { return m ? a : b; }
HELPER M select(M m, M a, M b) { return m ? a : b; }
// a * b + c, rounded once where the machine can. Only where it is asked for: a compiler that fuses as it likes gives
// x * x - x * x other than 0.
#ifndef __has_builtin
#define __has_builtin(x) 0
#endif
#if !defined(__FMA__) && !defined(__aarch64__)
HELPER V vfma(V a, V b, V c) { return a * b + c; }
#elif __has_builtin(__builtin_elementwise_fma)
HELPER V vfma(V a, V b, V c) { return __builtin_elementwise_fma(a, b, c); }
#elif W == 8 && !defined(__clang__)
HELPER V vfma(V a, V b, V c) { return __builtin_ia32_vfmaddpd512_mask(a, b, c, -1, 4); }
#elif W == 4 && !defined(__clang__)
HELPER V vfma(V a, V b, V c) { return __builtin_ia32_vfmaddpd256(a, b, c); }
#else
HELPER V vfma(V a, V b, V c) { V r; for (int i = 0; i < W; ++i) r[i] = __builtin_fma(a[i], b[i], c[i]); return r; }
#endif
HELPER M not_(M m) { return ~m; }
HELPER M nobody() { return M{}; }
#if W == 8
typedef long long Bits __attribute__((vector_size(64)));
HELPER bool any(M m) { return __builtin_ia32_cvtq2mask512((Bits)m) != 0; }
#elif W == 4
HELPER bool any(M m) { return __builtin_ia32_movmskpd256((V)m) != 0; }
#else
HELPER bool any(M m) { return (m[0] | m[1]) != 0; }
#endif
HELPER V vabs(V x) { return (V)((M)x & 0x7fffffffffffffffL); }
// Whether a lane is farther from 0 than a limit.
#if W == 8
HELPER bool beyond(V x, double limit) { return __builtin_ia32_cmppd512_mask(vabs(x), cst(limit), 30, -1, 4) != 0; }
#else
HELPER bool beyond(V x, double limit) { return any(vabs(x) > cst(limit)); }
#endif
HELPER V vsqrt(V x) { V r; for (int i = 0; i < W; ++i) r[i] = __builtin_sqrt(x[i]); return r; }
HELPER V vfloor(V x) { V r; for (int i = 0; i < W; ++i) r[i] = __builtin_floor(x[i]); return r; }

// Whole numbers up to 2^51 between integer and floating lanes, by the mantissa of 2^52 + 2^51.
HELPER V to_double(M n) { return (V)(n + 0x4338000000000000L) - cst(0x1.8p52); }
HELPER M to_integer(V x) { return (M)(x + cst(0x1.8p52)) - 0x4338000000000000L; }
#if W == 8
#define SPLIT  // one instruction each
HELPER V mantissa(V x) { return __builtin_ia32_getmantpd512_mask(x, 0, x, -1, 4); }
HELPER V exponent(V x) { return __builtin_ia32_getexppd512_mask(x, x, -1, 4); }
#endif
HELPER M bits(V x) { return (M)x; }
HELPER V from_bits(M n) { return (V)n; }
