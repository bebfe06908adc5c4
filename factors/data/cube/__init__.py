"""The dense cube of minute bars."""
