"""The factors' formulas in fifty digits, by the library's folders; none is taken of factors across stocks."""
