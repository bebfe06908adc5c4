// What CUDA has and plain C++ has not, so that kernels run on a CPU, one thread after the other.
#include <cmath>
#include <cstring>
#include <utility>
#define __device__
#define __global__
#define __launch_bounds__(threads)
#define __noinline__ __attribute__((noinline))
#define __forceinline__ inline __attribute__((always_inline))
static thread_local struct { unsigned x; } blockIdx, threadIdx;
static inline double __longlong_as_double(long n) { double x; memcpy(&x, &n, sizeof x); return x; }
static inline long __double_as_longlong(double x) { long n; memcpy(&n, &x, sizeof n); return n; }
static inline long __double2ll_rn(double x) { return std::llrint(x); }
static inline double __dmul_rn(double a, double b) { volatile double x = a * b; return x; }  // never fused with an addition
static inline double __ddiv_rn(double a, double b) { return a / b; }
static inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
template <class T> static inline T atomicAdd(T* to, T more) { T old = *to; *to += more; return old; }
template <class T> static inline T atomicExch(T* to, T now) { T old = *to; *to = now; return old; }

// A kernel with what it is given, as the driver gets it: an address for each.
template <class... A, unsigned long... I> static void call(void (*kernel)(A...), void** given, std::index_sequence<I...>) {
  kernel(*(A*)given[I]...);
}
template <class... A> static void call(void (*kernel)(A...), void** given) {
  call(kernel, given, std::index_sequence_for<A...>());
}
