"""Singer tap for Clarity eCommerce."""
