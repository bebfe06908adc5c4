"""Other libraries at the same work."""
