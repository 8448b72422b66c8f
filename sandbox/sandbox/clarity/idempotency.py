"""The first answer to each `Idempotency-Key`, for a day."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.clarity.refusal import Refused
from sandbox.clarity.request import Answer, Request
from sandbox.clock import Clock

KEPT_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class _First:
    request: str
    status: int
    body: str
    at_ms: int


class FirstAnswers:
    """By key; what is older than a day (on the sandbox's clock) is forgotten."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: dict[str, _First] = {}

    def once(self, key: str, request: Request, answer: Callable[[], Answer]) -> Answer:
        """The answer of the first time. Raises Refused for the same key with another body."""
        seen = hashlib.sha256(request.path.encode() + b"\n" + request.body).hexdigest()
        first = self._answers.get(key)
        if first and first.at_ms > self._clock.now_ms() - KEPT_MS:
            if first.request != seen:
                raise Refused(422, "idempotency_key_reused", "This Idempotency-Key came with another request before")
            return first.status, first.body.encode()
        status, body = answer()
        self._answers[key] = _First(seen, status, body.decode(), self._clock.now_ms())
        return status, body

    def dump(self) -> dict[str, Any]:
        return {key: asdict(first) for key, first in self._answers.items()}

    def restore(self, data: dict[str, Any]) -> None:
        self._answers = {key: _First(**first) for key, first in data.items()}
