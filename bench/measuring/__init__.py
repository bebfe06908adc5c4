"""What is measured against, and with what: limits, devices, hand-written kernels."""
