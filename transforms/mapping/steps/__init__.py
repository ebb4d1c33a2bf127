"""The steps of a field, as nodes: where values come from, and what is done with them."""
