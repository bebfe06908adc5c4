// Windows of minutes that move along the day.
