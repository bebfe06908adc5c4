"""The graph that definitions are traced to."""
