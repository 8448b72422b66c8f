"""`sync-console live`: pipelines that never end, kept running."""
