"""The Streak API of the sandbox."""

from sandbox.streak.system import Streak

__all__ = ["Streak"]
