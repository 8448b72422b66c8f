"""The sync engine: what changed, who owns it, what is written, and what is remembered."""
