"""Parquet: row groups of a file in, planned columns out."""
