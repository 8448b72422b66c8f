"""`sync-console webhooks`: what the vendors are asked to post."""
