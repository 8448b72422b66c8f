"""`python -m mapper_crosswalk`."""

from mapper_crosswalk.cli import main

if __name__ == "__main__":
    main()
