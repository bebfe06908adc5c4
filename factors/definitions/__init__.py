"""What a definition is, how it is registered, and its variants."""
