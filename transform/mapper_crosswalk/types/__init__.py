"""What values can be, by the JSON Schemas of both systems: kinds, paths through them, literals."""
