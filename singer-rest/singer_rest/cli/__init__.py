"""Commands of a target besides reading Singer lines."""
