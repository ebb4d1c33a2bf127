"""The same job by other means, each a program of its own."""
