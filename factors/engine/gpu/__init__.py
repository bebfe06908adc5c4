"""The fused engine on a GPU: its text as CUDA programs, what goes up and down, and the launches between."""
