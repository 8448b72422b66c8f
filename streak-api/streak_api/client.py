"""A client of Streak that gives keys as texts, whatever form an answer has them in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from singer_rest import Answer, RestClient


class StreakClient(RestClient):
    """JSON over HTTP as RestClient; keys that are numbers become texts."""

    def ask(self, method: str, path: str, *, replay: bool = True, **options: Any) -> Answer:
        """As RestClient's."""
        answer = super().ask(method, path, replay=replay, **options)
        return replace(answer, body=text_keys(answer.body)) if has_numbers(answer.body) else answer

    def create(self, path: str, *, look_up: Callable[[], Any | None], **options: Any) -> Any:
        """As RestClient's."""
        made = super().create(path, look_up=look_up, **options)
        return text_keys(made) if has_numbers(made) else made


def has_numbers(body: Any) -> bool:
    """Whether the first record of an answer has a number for its key."""
    rows = body.get("results", body) if isinstance(body, dict) else body
    first = (
        next(iter(rows.values() if isinstance(rows, dict) else rows), None) if isinstance(rows, dict | list) else None
    )
    sample = rows if isinstance(rows, dict) and "key" in rows else first
    return isinstance(sample, dict) and type(sample.get("key")) is int


def text_keys(value: Any, name: str = "") -> Any:
    """The value with texts under `key`, `…Key`, `…Keys` and `…KeySet` where numbers are."""
    if isinstance(value, dict):
        return {inner: text_keys(item, inner) for inner, item in value.items()}
    if isinstance(value, list):
        return [text_keys(item, name) for item in value]
    return str(value) if type(value) is int and name.endswith(("key", "Key", "Keys", "KeySet")) else value
