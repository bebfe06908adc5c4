// A kernel is some of the steps, in their order; one thread computes one stock's day. Scratch and values lie in the
// device's memory, for all stocks of the call, eight beside each other as in the storage; so does what crosses between
// stages, with profiles by day: block `begin` of the days is the first of the call.
#ifdef GIVEN
#define BESIDE , double* __restrict__ given, long given_size, const double* __restrict__ profiles, long profiles_size, long begin, long each_day
#define PLACE_BESIDE                                                                                             \
  double* g = given + b * given_size + lane;                                                                     \
  const double* p = profiles + (begin + b) / each_day * profiles_size;
#else
#define BESIDE
#define PLACE_BESIDE
#endif
#define KERNEL(name)                                                                                             \
  extern "C" __global__ void __launch_bounds__(THREADS) name(                                                    \
      const double* __restrict__ storage, double* __restrict__ out, double* __restrict__ scratch,                \
      double* __restrict__ values, long first, long blocks, long size, long fs, long row BESIDE)
#define PLACE                                                                                                    \
  const long thread = (long)blockIdx.x * THREADS + threadIdx.x, b = thread / LANES, lane = thread % LANES;       \
  if (b >= blocks) return;                                                                                       \
  const double* f = storage + (first + b) * size + lane;                                                         \
  double* s = scratch + b * ((long)STORED * T * LANES) + lane;                                                   \
  V* v = values + b * (VALUES * LANES) + lane;                                                                   \
  out += thread;                                                                                                 \
  PLACE_BESIDE
