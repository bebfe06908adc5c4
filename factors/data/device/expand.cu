// Series come to a GPU field by field, some as whole numbers of 32 bits, and are written as the kernels read them: by blocks.
#define MISSING ((int)0x80000000)
#define NUMBER const long i = (long)blockIdx.x * THREADS + threadIdx.x; if (i >= number) return
#define TO storage[i / row * size + field * row + i % row]
extern "C" __global__ void __launch_bounds__(THREADS) expand(
    const double* __restrict__ packed, double* __restrict__ storage, long begin, long number, long row, long size,
    long field, double up, double down) {
  NUMBER;
  const int whole = ((const int*)packed)[begin + i];
  TO = whole == MISSING ? __longlong_as_double(0x7ff8000000000000L) : whole * up / down;
}
extern "C" __global__ void __launch_bounds__(THREADS) arrange(
    const double* __restrict__ packed, double* __restrict__ storage, long begin, long number, long row, long size,
    long field) {
  NUMBER;
  TO = packed[begin + i];
}
