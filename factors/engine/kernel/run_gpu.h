// A kernel is some of the steps, in their order; one thread computes one stock's day. Scratch and values lie in the
// device's memory, for all stocks of the call, eight beside each other as in the storage.
#define KERNEL(name)                                                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS) name(                                                    \
      const double* __restrict__ storage, double* __restrict__ out, double* __restrict__ scratch,                \
      double* __restrict__ values, long first, long blocks, long size, long fs, long row)
#define PLACE                                                                                                    \
  const long thread = (long)blockIdx.x * THREADS + threadIdx.x, b = thread / LANES, lane = thread % LANES;       \
  if (b >= blocks) return;                                                                                       \
  const double* f = storage + (first + b) * size + lane;                                                                \
  double* s = scratch + b * ((long)STORED * T * LANES) + lane;                                                   \
  V* v = values + b * (VALUES * LANES) + lane;                                                                   \
  out += thread;
