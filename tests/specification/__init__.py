"""What the factors have to be, by the loops, by what is known of them, and by laws."""
