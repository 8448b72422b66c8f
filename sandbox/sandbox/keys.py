"""The fixed credentials of both APIs: they open nothing but this sandbox."""

CLARITY_KEY = "sandbox-clarity-key"
CLARITY_CLIENT_ID = "sandbox"
CLARITY_CLIENT_SECRET = "sandbox-secret"
STREAK_KEY = "sandbox-streak-key"
