"""Price volume factors."""
