// A series for a later stage, written beside the storage.
STEP V k_put(Col x, int begin, int end, double* to) {
  for (int t = begin; t < end; ++t) st(to + (long)t * LANES, at_(x, t));
  return cst(0.0);
}
