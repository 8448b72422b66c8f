"""A Streak in memory: what a client is asked, and what it answers."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast

from singer_rest.errors import ApiError, NoAccess
from singer_rest.http.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from singer_rest.http.client import RestClient

DATE = "Sat, 02 May 2026 15:00:00 GMT"


def refused(status: int) -> ApiError:
    return (NoAccess if status in (401, 403) else ApiError)(status, "no", "GET", "/path")


class Double:
    """Answers by path: a body, an error, or a function of the parameters."""

    def __init__(self, answers: dict[str, Any] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    @property
    def answered_at(self) -> datetime:
        return parsedate_to_datetime(DATE)

    @property
    def client(self) -> RestClient:
        return cast("RestClient", self)

    def ask(self, _method: str, path: str, *, params: Any = None, expect: Any = None, **_: Any) -> Answer:
        self.asked.append((path, dict(params or {})))
        answer = self.answers.get(path, refused(404))
        body = answer(dict(params or {})) if callable(answer) else answer
        if isinstance(body, Exception):
            raise body
        if expect:
            expect(body)
        return Answer(body, DATE)

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options).body

    def post(self, path: str, *, json: Iterable[str]) -> Any:
        keys = list(json)
        self.asked.append((path, {"keys": keys}))
        answer = self.answers.get(path, refused(404))
        if isinstance(answer, Exception):
            raise answer
        return answer(keys)

    def knows(self, path: str) -> bool:
        try:
            self.get(path)
        except NoAccess:
            return True
        except ApiError as error:
            if not error.unknown:
                raise
            return False
        return True


def paged(pages: Callable[[], list[list[Any]]]) -> Callable[[dict[str, Any]], Any]:
    """A list as it is when each page is asked for; the pages may change meanwhile."""

    def answer(params: dict[str, Any]) -> Any:
        now = pages()
        number = params.get("page", 0)
        return {"results": now[number] if number < len(now) else [], "hasNextPage": number + 1 < len(now)}

    return answer
