"""Measured runs of the whole command beside other ways to do the same job."""
