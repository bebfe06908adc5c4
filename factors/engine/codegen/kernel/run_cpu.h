// One call computes a range of blocks; threads take ranges of their own, with scratch of their own. Where stages follow
// each other, what crosses between them lies beside the storage, by block, and profiles, by day.
#ifdef GIVEN
#define BESIDE , double* given, long given_size, const double* profiles, long profiles_size, long blocks
#define BESIDE_BLOCK , given + b * given_size + lane, profiles + b / blocks * profiles_size
#else
#define BESIDE
#define BESIDE_BLOCK
#endif
extern "C" void run(const double* storage, double* out, double* scratch, long first, long last, long size, long fs, long row BESIDE) {
  V* v = (V*)scratch;
  double* s = scratch + VALUES * W;
  for (long b = first; b < last; ++b)
    for (int lane = 0; lane < LANES; lane += W)
      block(storage + b * size + lane, s, v, fs, out + b * LANES + lane, row BESIDE_BLOCK);
}
extern "C" long scratch_bytes() { return 8L * W * (VALUES + (long)STORED * T); }
extern "C" int width() { return W; }
