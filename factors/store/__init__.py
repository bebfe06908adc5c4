"""The store of daily factor files."""
