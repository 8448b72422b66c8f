"""What every plugin is from the shell: its lines in and out, its files, its end."""
