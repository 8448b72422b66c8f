"""Run the target: `python -m target_streak`."""

from target_streak.target import TargetStreak

TargetStreak.cli()
