"""HTTP: one client with its retries, limits, credentials and verdicts for everything that calls an API."""
