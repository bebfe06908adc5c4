"""Steps over all stocks of a day."""
