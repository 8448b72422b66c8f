"""What programs that talk to Streak CRM share: signing in, teams, pipelines, complete lists, custom fields."""
