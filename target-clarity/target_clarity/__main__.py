"""Run the target: `python -m target_clarity`."""

from target_clarity.target import TargetClarity

TargetClarity.cli()
