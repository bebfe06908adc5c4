"""Stand-ins of a GPU and of its libraries."""
