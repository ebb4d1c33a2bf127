"""Mapping files to programs: every check that needs no record."""
