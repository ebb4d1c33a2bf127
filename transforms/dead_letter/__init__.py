"""What was not sent: raw rejected records, reason files, undelivered events."""
