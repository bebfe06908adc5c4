"""The matrix engine: verbs run one by one on arrays."""
