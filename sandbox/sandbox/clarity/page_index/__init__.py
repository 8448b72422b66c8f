"""The second skin of the shop: the same records by the conventions of newer installs, under a root of its own."""
