"""Sample data and demonstrations that run on one machine."""
