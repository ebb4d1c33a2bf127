"""Delimited text: rows, header, cells to columns."""
