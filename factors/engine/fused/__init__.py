"""The fused engine: one compiled function for all factors of a plan."""
