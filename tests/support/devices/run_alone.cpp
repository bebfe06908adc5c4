// Runs the emitted text, which stands above, as a Linux program for 64-bit Arm that needs no library: the storage comes
// in on standard input, the factors go out on standard output. IN, OUT and SCRATCH are sizes in bytes, BLOCKS a
// number, SIZE (of a block) and ROW (of a factor) are strides in doubles.
static long call(long number, long a, long b, long c) {
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}

static bool all(long number, long file, char* bytes, long size) {
  for (long done = 0, step; done < size; done += step)
    if ((step = call(number, file, (long)(bytes + done), size - done)) <= 0) return false;
  return true;
}

alignas(64) static char storage[IN], out[OUT], scratch[SCRATCH];

extern "C" void _start() {
  const long read = 63, write = 64, leave = 93;
  bool good = scratch_bytes() <= SCRATCH && all(read, 0, storage, IN);
  if (good) run((double*)storage, (double*)out, (double*)scratch, 0, BLOCKS, SIZE, T * LANES, ROW);
  call(leave, good && all(write, 1, out, OUT) ? 0 : 1, 0, 0);
}
