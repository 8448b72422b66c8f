"""The tap wing: what a tap of a REST API needs besides its streams."""
