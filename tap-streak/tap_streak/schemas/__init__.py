"""JSON Schemas, one file per stream."""
