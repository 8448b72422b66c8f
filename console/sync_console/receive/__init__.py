"""`sync-console receive`: webhooks in, feed out."""
