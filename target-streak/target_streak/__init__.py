"""Singer target for Streak."""
