"""The stock-days that the worked values are of."""
