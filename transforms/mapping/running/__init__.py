"""Programs at work: chunks of records to chunks of events."""
