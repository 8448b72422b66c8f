"""A client that answers from memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_rest.errors import ApiError
from singer_rest.http.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeClient:
    """Answers GETs by path: a body, a function from parameters to a body, or the status of a refusal."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def ask(
        self, method: str, path: str, *, params: dict[str, Any] | None = None, expect: Callable[[Any], object] = bool
    ) -> Answer:
        self.asked.append((path, params or {}))
        body = self.answers.get(path, 404)
        body = body(params or {}) if callable(body) else body
        if isinstance(body, int):
            raise ApiError(body, "no such thing", method, path)
        expect(body)
        return Answer(body)

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, params=options.get("params")).body


@pytest.fixture(scope="session")
def fake() -> type[FakeClient]:
    return FakeClient
