"""What the driver and its workers on one machine tell each other besides the data."""
