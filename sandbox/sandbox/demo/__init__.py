"""The demo: a shop with a year behind it, and the team that sells."""
