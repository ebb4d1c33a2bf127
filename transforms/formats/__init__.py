"""Bytes of objects to columns of records: decompression, detection, one module per format."""
