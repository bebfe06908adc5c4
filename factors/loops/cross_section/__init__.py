"""Cross section factors."""
