"""Webhooks taken in and served as a feed, for pipelines that never end."""
