"""What `compute` is given, read: a cube of minute bars, a stream of cubes, the market's bars."""
