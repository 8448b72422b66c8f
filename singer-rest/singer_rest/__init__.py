"""What a Singer target that writes to a REST API needs and the SDK lacks."""
