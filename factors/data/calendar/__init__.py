"""Trading sessions and time zones."""
