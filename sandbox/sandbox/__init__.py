"""The Clarity and Streak APIs as one local process."""
