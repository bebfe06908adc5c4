// One streaming read of some fields: what any pass over them costs at least, and the unit of what factors cost.
// READ lists the fields' places in the storage.
// The body of a step, of f, fs, out and row.
  const int read[] = {READ};
  V s[8] = {};
  for (int k : read) {
    const double* p = f + k * fs;
    int t = 0;
    for (; t + 8 <= T; t += 8)
      for (int i = 0; i < 8; ++i) {  // eight chains, so that none waits for its last sum
        ahead(p + FIELDS * fs + (t + i) * LANES);  // the next block: faster than the processor's own guesses
        s[i] += ld(p + (t + i) * LANES);
      }
    for (; t < T; ++t) s[0] += ld(p + t * LANES);
  }
  st(out, ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7])));
