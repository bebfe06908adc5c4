"""What every room may use: array types, the fields of a bar, threads, settings, checks of arguments."""
