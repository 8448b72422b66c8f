"""Singer target for Clarity eCommerce."""
