"""The language of mapping files: its types, and reading a file into them with the place of everything."""
