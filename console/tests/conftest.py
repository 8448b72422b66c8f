"""What the stories of the console share."""
