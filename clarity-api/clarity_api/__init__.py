"""What tap, target and console share about Clarity eCommerce."""
