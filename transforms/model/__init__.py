"""The values that cross between the steps of the pipeline; they import nothing else of the project."""
