"""The project as its users meet it: README, wheel, real bars, reference page, benchmarks."""
