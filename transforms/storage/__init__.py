"""Objects in S3 and local folders behind one interface."""
