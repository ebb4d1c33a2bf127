"""Meter events to where they are metered: one module per service over one HTTP core, and files."""
