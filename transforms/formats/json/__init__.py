"""JSON in its several forms: lines, arrays, whole objects; records to columns."""
