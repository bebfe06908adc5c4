// The order of the minutes by a key, and what is read from it.
