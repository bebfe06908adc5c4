"""Tools and stand-ins of the tests; nothing here is a test."""
