"""Clarity eCommerce: a web shop."""

from sandbox.clarity.shop import Clarity

__all__ = ["Clarity"]
