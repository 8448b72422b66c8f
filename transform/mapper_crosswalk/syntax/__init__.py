"""What a mapping file is made of: its lines, keys, paths, templates and conditions, read without any type."""
