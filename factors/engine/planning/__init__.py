"""Which definitions run, on what, and what they read from beyond their stock-days."""
