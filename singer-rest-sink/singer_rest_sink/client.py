"""Calls to a REST API: paced, retried, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_rest_sink.errors import AnswerLost, ApiError, ApiUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests
    from requests.auth import AuthBase

    from singer_rest_sink.rate import RateLimit

__all__ = ["AnswerLost", "ApiError", "ApiUnavailable", "RestClient"]


class RestClient:
    """JSON over HTTP for all lanes of one target. Numbers with a point are Decimal both ways."""

    calls: int
    retries: int
    waited: float

    def __init__(  # noqa: PLR0913 - settings, by name
        self,
        *,
        base_url: str,
        auth: AuthBase,
        rate: RateLimit,
        retry_seconds: float,
        request_timeout: float,
        user_agent: str,
        error_reason: Callable[[requests.Response], str],
        pool: int,
    ) -> None:
        raise NotImplementedError

    def get(self, path: str, *, params: Mapping[str, Any] | None = None) -> Any:
        """Parsed JSON of a GET."""
        raise NotImplementedError

    def post(
        self,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        replay: bool = True,
    ) -> Any:
        """Parsed JSON of a POST. `replay=False` for creates: AnswerLost instead of a second sending when the first may have had its effect (time-out, reset, 5xx, unreadable 200)."""
        raise NotImplementedError

    def create(
        self,
        path: str,
        *,
        look_up: Callable[[], Any | None],
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """POST with replay=False; when the answer was lost, backs off, asks `look_up()` and posts again only if it gives None. Bounded by retry_seconds."""
        raise NotImplementedError

    def put(
        self,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
    ) -> Any:
        """Parsed JSON of a PUT."""
        raise NotImplementedError

    def patch(self, path: str, *, json: Any = None, params: Mapping[str, Any] | None = None) -> Any:
        """Parsed JSON of a PATCH."""
        raise NotImplementedError

    def delete(self, path: str, *, params: Mapping[str, Any] | None = None) -> Any:
        """Parsed JSON of a DELETE, None when it has no body."""
        raise NotImplementedError

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        replay: bool = True,
    ) -> Any:
        """One call with its retries. Raises ApiError, ApiUnavailable, AnswerLost."""
        raise NotImplementedError

    def stop(self) -> None:
        """The run ends: nobody waits for a retry or for the limit any longer."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connections."""
        raise NotImplementedError
