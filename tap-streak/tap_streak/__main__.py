"""Runs the tap: `python -m tap_streak`."""

from tap_streak.tap import TapStreak

TapStreak.cli()
