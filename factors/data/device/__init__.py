"""A cube's series in the memory of a GPU."""
