"""Column kernels that reading and mapping share."""
