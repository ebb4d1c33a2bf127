"""Times of any format to milliseconds since 1970, UTC, whole columns at a time."""
