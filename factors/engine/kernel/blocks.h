// Blocks of minutes, buckets of weight, frequencies.
