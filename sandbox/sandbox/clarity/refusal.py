"""How the shop says no."""

from typing import Any

from sandbox import wire


class Refused(Exception):  # noqa: N818 - an answer, not a failure of the shop
    """An error answer: status, code, message, details by field, and more keys beside `error`."""

    def __init__(
        self, status: int, code: str, message: str, details: dict[str, str] | None = None, **beside: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        named = [{"field": field, "message": text} for field, text in (details or {}).items()]
        self.body = wire.encode({"error": {"code": code, "message": message, "details": named}, **beside})


def malformed(message: str) -> Refused:
    return Refused(400, "malformed_request", message)


def invalid(details: dict[str, str]) -> Refused:
    return Refused(422, "validation_failed", "The request has invalid fields", details)


def missing(what: str, key: str) -> Refused:
    return Refused(404, "not_found", f"No {what} {key}")
