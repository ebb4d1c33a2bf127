"""Compression of stored objects: told by the first bytes, undone as a stream of pieces."""
