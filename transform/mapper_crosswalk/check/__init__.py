"""Everything that can be wrong with a mapping file, found before the first record."""
