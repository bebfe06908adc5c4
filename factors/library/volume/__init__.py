"""Volume factors."""
