"""The host's C++ compiler and the cache of compiled code."""
