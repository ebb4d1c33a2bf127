"""Avro object container files: records with a schema, in compressed blocks between sync markers."""
