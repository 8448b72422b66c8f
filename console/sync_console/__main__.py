"""`python -m sync_console` is `sync-console`."""

from sync_console.command_line import main

if __name__ == "__main__":
    main()
