"""Arrow columns as minutes, numbers and symbol codes."""
