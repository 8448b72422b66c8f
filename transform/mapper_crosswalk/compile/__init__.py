"""A mapping's flows, compiled into functions of a record, each value with its type."""
