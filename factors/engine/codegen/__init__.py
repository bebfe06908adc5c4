"""A schedule as C++ and CUDA text."""
