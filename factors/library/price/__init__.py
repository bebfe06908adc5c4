"""Price factors."""
