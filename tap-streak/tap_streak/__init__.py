"""Singer tap for Streak CRM."""
