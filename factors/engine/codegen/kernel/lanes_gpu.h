// The lane type on a GPU: V is a double, and one thread is one lane, that is, one stock. Eight threads beside each other
// read the eight lanes of a block, 64 bytes at a time, in the order in which they lie on the CPU as well.
#define W 1
#define STEP static __device__ __noinline__
#define SHARED STEP
#define HELPER static __device__ __forceinline__
#define STRIDE LANES
#define APART LANES  // distance of values kept
#define INF __longlong_as_double(0x7ff0000000000000L)
#define ROLLED _Pragma("unroll 1")  // a loop that unrolled has too few registers
#define NaN __longlong_as_double(0x7ff8000000000000L)
#define SPLIT
#define __builtin_memcpy memcpy

typedef double V;
typedef long M;  // as a mask: 0 or not 0

HELPER V cst(double x) { return x; }
HELPER V ld(const double* p) { return *p; }
HELPER void ahead(const double*) {}  // other threads hide the wait
HELPER void st(double* p, V x) { *p = x; }
HELPER V select(M m, V a, V b) { return m ? a : b; }
HELPER M select(M m, M a, M b) { return m ? a : b; }
HELPER V vfma(V a, V b, V c) { return fma(a, b, c); }
HELPER M not_(M m) { return m == 0; }
HELPER M nobody() { return 0; }
#define any any_lane  // CUDA has a vote of that name
HELPER bool any(M m) { return m != 0; }
HELPER V vabs(V x) { return fabs(x); }
HELPER bool beyond(V x, double limit) { return fabs(x) > limit; }
HELPER V vsqrt(V x) { return sqrt(x); }
HELPER V vfloor(V x) { return floor(x); }
HELPER M bits(V x) { return __double_as_longlong(x); }
HELPER V from_bits(M n) { return __longlong_as_double(n); }
HELPER V to_double(M n) { return (double)n; }
HELPER M to_integer(V x) { return __double2ll_rn(x); }

// A positive number as m * 2^k, with m from 1 to 2; infinity as that power of 2.
HELPER V mantissa(V x) {
  x = x < 0x1p-1022 ? x * 0x1p54 : x;
  return from_bits((bits(x) & 0x000fffffffffffffL) | 0x3ff0000000000000L);
}
HELPER V exponent(V x) {
  double k = (double)(bits(x < 0x1p-1022 ? x * 0x1p54 : x) >> 52) - 1023.0;
  return x == INF ? x : x < 0x1p-1022 ? k - 54.0 : k;
}
