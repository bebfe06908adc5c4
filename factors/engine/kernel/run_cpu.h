// One call computes a range of blocks; threads take ranges of their own, with scratch of their own.
extern "C" void run(const double* storage, double* out, double* scratch, long first, long last, long size, long fs, long row) {
  V* v = (V*)scratch;
  double* s = scratch + VALUES * W;
  for (long b = first; b < last; ++b)
    for (int lane = 0; lane < LANES; lane += W)
      block(storage + b * size + lane, s, v, fs, out + b * LANES + lane, row);
}
extern "C" long scratch_bytes() { return 8L * W * (VALUES + (long)STORED * T); }
extern "C" int width() { return W; }
