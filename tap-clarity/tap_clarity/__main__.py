"""Runs the tap: `python -m tap_clarity`."""

from tap_clarity.tap import TapClarity

TapClarity.cli()
