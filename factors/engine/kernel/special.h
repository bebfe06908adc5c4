// Special functions by fdlibm's rational approximations (Sun Microsystems, 1993), all lanes at once.

// The error function within 1 ulp. Each range has its own fraction; where a lane is far out, the rest to 1 is
// exp(-x^2 - 9/16 + fraction of 1/x^2) / |x|, and so small that one exponential is precise enough.
HELPER V verf(V x) {
  V size = vabs(x);
  M near = size < cst(0.84375), far = size >= cst(1.25);
  V z = x * x, s = size - cst(1.0);
  V p = cst(1.28379167095512558561e-01) + z * (cst(-3.25042107247001499370e-01) + z * (cst(-2.84817495755985104766e-02) + z * (cst(-5.77027029648944159157e-03) + z * cst(-2.37630166566501626084e-05))));
  V q = cst(1.0) + z * (cst(3.97917223959155352819e-01) + z * (cst(6.50222499887672944485e-02) + z * (cst(5.08130628187576562776e-03) + z * (cst(1.32494738004321644526e-04) + z * cst(-3.96022827877536812320e-06)))));
  V a = cst(-2.36211856075265944077e-03) + s * (cst(4.14856118683748331666e-01) + s * (cst(-3.72207876035701323847e-01) + s * (cst(3.18346619901161753674e-01) + s * (cst(-1.10894694282396677476e-01) + s * (cst(3.54783043256182359371e-02) + s * cst(-2.16637559486879084300e-03))))));
  V b = cst(1.0) + s * (cst(1.06420880400844228286e-01) + s * (cst(5.40397917702171048937e-01) + s * (cst(7.18286544141962662868e-02) + s * (cst(1.26171219808761642112e-01) + s * (cst(1.36370839120290507362e-02) + s * cst(1.19844998467991074170e-02))))));
  V fraction = select(near, p, a) / select(near, q, b);
  V found = cst(8.45062911510467529297e-01) + fraction;
  if (any(far)) {
    V c = select(size < cst(6.0), size, cst(6.0));  // 1 to the last bit from there on
    V i = cst(1.0) / (c * c);
    V r = cst(-9.86494403484714822705e-03) + i * (cst(-6.93858572707181764372e-01) + i * (cst(-1.05586262253232909814e+01) + i * (cst(-6.23753324503260060396e+01) + i * (cst(-1.62396669462573470355e+02) + i * (cst(-1.84605092906711035994e+02) + i * (cst(-8.12874355063065934246e+01) + i * cst(-9.81432934416914548592e+00)))))));
    V t = cst(1.0) + i * (cst(1.96512716674392571292e+01) + i * (cst(1.37657754143519042600e+02) + i * (cst(4.34565877475229228821e+02) + i * (cst(6.45387271733267880336e+02) + i * (cst(4.29008140027567833386e+02) + i * (cst(1.08635005541779435134e+02) + i * (cst(6.57024977031928170135e+00) + i * cst(-6.04244152148580987438e-02))))))));
    V r2 = cst(-9.86494292470009928597e-03) + i * (cst(-7.99283237680523006574e-01) + i * (cst(-1.77579549177547519889e+01) + i * (cst(-1.60636384855821916062e+02) + i * (cst(-6.37566443368389627722e+02) + i * (cst(-1.02509513161107724954e+03) + i * cst(-4.83519191608651397019e+02))))));
    V t2 = cst(1.0) + i * (cst(3.03380607434824582924e+01) + i * (cst(3.25792512996573918826e+02) + i * (cst(1.53672958608443695994e+03) + i * (cst(3.19985821950859553908e+03) + i * (cst(2.55305040643316442583e+03) + i * (cst(4.74528541206955367215e+02) + i * cst(-2.24409524465858183362e+01)))))));
    M wide = c < cst(1 / 0.35);
    V rest = vexp(select(wide, r, r2) / select(wide, t, t2) - c * c - cst(0.5625)) / c;
    found = select(far, cst(1.0) - rest, found);
  }
  return select(near, x + x * fraction, select(x < cst(0.0), -found, found));
}

// The arc tangent within 1 ulp: that of a nearby point, and of what is left.
HELPER V vatan(V x) {
  V size = vabs(x);
  M first = size < cst(0.4375), second = size < cst(0.6875), third = size < cst(1.1875), fourth = size < cst(2.4375);
  V above = select(first, size, select(second, size + size - cst(1.0), select(third, size - cst(1.0), select(fourth, size - cst(1.5), cst(-1.0)))));
  V below = select(first, cst(1.0), select(second, cst(2.0) + size, select(third, size + cst(1.0), select(fourth, cst(1.0) + cst(1.5) * size, size))));
  V high = select(first, cst(0.0), select(second, cst(4.63647609000806093515e-01), select(third, cst(7.85398163397448278999e-01), select(fourth, cst(9.82793723247329054082e-01), cst(1.57079632679489655800e+00)))));
  V low = select(first, cst(0.0), select(second, cst(2.26987774529616870924e-17), select(third, cst(3.06161699786838301793e-17), select(fourth, cst(1.39033110312309984516e-17), cst(6.12323399573676603587e-17)))));
  V t = above / below, z = t * t, w = z * z;
  V even = z * (cst(3.33333333333329318027e-01) + w * (cst(1.42857142725034663711e-01) + w * (cst(9.09088713343650656196e-02) + w * (cst(6.66107313738753120669e-02) + w * (cst(4.97687799461593236017e-02) + w * cst(1.62858201153657823623e-02))))));
  V odd = w * (cst(-1.99999999998764832476e-01) + w * (cst(-1.11111104054623557880e-01) + w * (cst(-7.69187620504482999495e-02) + w * (cst(-5.83357013379057348645e-02) + w * cst(-3.65315727442169155270e-02)))));
  V found = high - ((t * (even + odd) - low) - t);
  return select(x < cst(0.0), -found, select(x == cst(0.0), x, found));
}

// The cube root within 1 ulp; missing where x is not positive. Thirds of the bits give 1 / root within a few hundredths;
// e is what is left of 1 - x / root^3, and the series of (1 - e)^(-1/3) makes that 1e-9. Newton's step on the root does
// the rest.
HELPER V vcbrt(V x) {
  M tiny = x < cst(0x1p-1022);
  V y = select(tiny, x * cst(0x1p54), x);
  V r = from_bits((0x553ef0ff289ddL - to_integer(to_double(bits(y) >> 12) * cst(1.0 / 3))) << 12);
  V e = cst(1.0) - (y * r) * (r * r), e2 = e * e;
  V low = cst(1.0 / 3) + e * cst(2.0 / 9) + e2 * (cst(14.0 / 81) + e * cst(35.0 / 243));
  V high = cst(91.0 / 729) + e * cst(728.0 / 6561) + e2 * (cst(1976.0 / 19683) + e * cst(5434.0 / 59049));
  r = r + (r * e) * (low + (e2 * e2) * high);
  V s = r * r, root = y * s;
  root = root + (y - (root * root) * root) * (s * cst(1.0 / 3));
  root = select(tiny, root * cst(0x1p-18), root);
  root = select(x == cst(INF), x, root);
  return select(x > cst(0.0), root, cst(NaN));
}
