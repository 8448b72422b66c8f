"""Clarity eCommerce: a web shop."""

from sandbox.clarity.api import Clarity

__all__ = ["Clarity"]
