"""The lane-blocked layout, and rows written into it."""
