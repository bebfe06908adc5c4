"""From measurements to report, pictures and tables."""
