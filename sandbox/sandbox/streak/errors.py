"""How Streak says no."""

from __future__ import annotations

from typing import Any


class Refused(Exception):  # noqa: N818  # an answer of the API, not a fault of the sandbox
    """A call is answered with this status and body (`None`: an empty one)."""

    def __init__(self, status: int, body: dict[str, Any] | None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body


def bad_request(error: str, **more: Any) -> Refused:
    return Refused(400, {"error": error, **more, "success": False})


def insufficient(kind: str) -> Refused:
    return bad_request(f"Insufficient params for {kind}")


def missing_parameters() -> Refused:
    return bad_request("Missing parameters")


def invalid_path() -> Refused:
    return bad_request("Invalid API path specified")


def unknown_reference() -> Refused:
    """A body names a record that does not exist."""
    return bad_request("Illegal Argument Exception in GetEntities, usually a key issue")
