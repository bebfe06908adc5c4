// Special functions by fdlibm's rational approximations (Sun Microsystems, 1993), all lanes at once.

// The error function within 1 ulp. Up to 1 by its series, economised; from there on by the rest to 1, exp(-x^2) times a
// polynomial of (x - 3) / (x + 3). The exponential has no subnormal results here.
HELPER V verf(V x) {
  V size = vabs(x), z = x * x, w = z * z;
  V even = cst(0.12837916709551256) + w * (cst(0.11283791670945006) + w * (cst(0.0052239776071164225) + w * (cst(0.00012055294904839707) + w * (cst(1.6447424703317362e-06) + w * cst(1.3720064546777686e-08)))));
  V odd = cst(-0.37612638903183543) + w * (cst(-0.02686617064323777) + w * (cst(-0.0008548325975389692) + w * (cst(-1.492473690741966e-05) + w * (cst(-1.6208483801871705e-07) + w * cst(-7.795898827002142e-10)))));
  V found = x + x * (even + z * odd);
  M far = size >= cst(1.0);
  if (!any(far)) return found;
  V a = select(size < cst(6.0), size, cst(6.0)), t = (a - cst(3.0)) / (a + cst(3.0)), u = t * t, y = -(a * a);  // 1 from 6 on
  V high = cst(0.17900115118138996) + u * (cst(0.24560380171233195) + u * (cst(0.07166583719774874) + u * (cst(0.004269136347508256) + u * (cst(-0.0005970623517093284) + u * (cst(6.406182073530546e-05) + u * (cst(-8.008021319412685e-06) + u * cst(1.2801900862962662e-06)))))));
  V low = cst(-0.32623356004303716) + u * (cst(-0.15011593650078744) + u * (cst(-0.024392499318273194) + u * (cst(0.0007077464443901538) + u * (cst(4.525472635483354e-05) + u * (cst(-1.284889451252353e-05) + u * cst(2.023603179641757e-06))))));
  V k = to_double(to_integer(y * cst(1.44269504088896338700)));
  V r = (y - k * cst(6.93147180369123816490e-01)) - k * cst(1.90821492927058770002e-10), q = r * r;
  V plain = cst(1.0) + q * (cst(0.5000000000000019) + q * (cst(0.04166666666648666) + q * (cst(0.0013888888952696516) + q * (cst(2.4801485074105115e-05) + q * cst(2.763279054211718e-07)))));
  V by_r = cst(1.0) + q * (cst(0.1666666666666668) + q * (cst(0.00833333333331949) + q * (cst(0.00019841269890340666) + q * (cst(2.7557240604663896e-06) + q * cst(2.511015364692893e-08)))));
  V rest = (high + t * low) * ((plain + r * by_r) * from_bits((to_integer(k) + 1023) << 52));
  return select(far, select(x < cst(0.0), rest - cst(1.0), cst(1.0) - rest), found);
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
