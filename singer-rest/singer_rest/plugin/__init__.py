"""What taps, targets and mappers are from the shell: their command line, lines in and out, log and end."""
