// What CUDA has and plain C++ has not, so that kernels run on a CPU, one thread after the other.
#include <cmath>
#include <cstring>
#define __device__
#define __global__
#define __launch_bounds__(threads)
#define __noinline__ __attribute__((noinline))
#define __forceinline__ inline __attribute__((always_inline))
static thread_local struct { unsigned x; } blockIdx, threadIdx;
static inline double __longlong_as_double(long n) { double x; memcpy(&x, &n, sizeof x); return x; }
static inline long __double_as_longlong(double x) { long n; memcpy(&n, &x, sizeof n); return n; }
static inline long __double2ll_rn(double x) { return std::llrint(x); }
