"""Pytest plugin: the sandbox as a fixture."""
