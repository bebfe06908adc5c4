"""Which loop over the minutes computes what, and in which order."""
