"""One call of the API: who asks, with which parameters and body."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

from sandbox.streak.errors import Refused, bad_request, missing_parameters

if TYPE_CHECKING:
    from sandbox.streak.store import Store

DECODER = msgspec.json.Decoder(float_hook=Decimal)
ENCODER = msgspec.json.Encoder(decimal_format="number")


@dataclass(slots=True)
class Call:
    store: Store
    user: str
    query: dict[str, list[str]] = field(default_factory=dict)
    body: Any = None

    def param(self, name: str) -> str | None:
        values = self.query.get(name)
        return values[-1] if values else None

    def number(self, name: str, default: int | None = None, least: int = 0) -> int | None:
        value = self.param(name)
        if value is None or value == "":
            return default
        try:
            number = int(value)
        except ValueError:
            raise bad_request(f"{name} must be a number") from None
        if number < least:
            raise bad_request(f"{name} must be at least {least}")
        return number

    def truth(self, name: str) -> bool:
        return (self.param(name) or "").lower() == "true"

    def json_object(self) -> dict[str, Any]:
        if not isinstance(self.body, dict):
            raise missing_parameters()
        return self.body

    def json_list(self, name: str) -> list[Any]:
        """A batch: a bare array, or an object that holds it under `name`."""
        body = self.body.get(name) if isinstance(self.body, dict) else self.body
        if not isinstance(body, list):
            raise missing_parameters()
        return body


def parse_query(raw: bytes) -> dict[str, list[str]]:
    return parse_qs(raw.decode("latin-1"), keep_blank_values=True) if raw else {}


def decoded(text: bytes | str) -> Any:
    """Parse JSON with numbers kept to the digit; raises Refused."""
    try:
        return DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise missing_parameters() from None


def nested(value: Any) -> Any:
    """Streak takes some arrays and objects as the text of their JSON as well."""
    return decoded(value) if isinstance(value, str) and value[:1] in ("[", "{") else value


def array(value: Any, name: str, *kinds: type) -> list[Any]:
    """An array of these kinds of items; raises Refused for anything else."""
    items = nested(value)
    if not isinstance(items, list) or not all(isinstance(item, kinds) for item in items):
        raise bad_request(f"Invalid value for {name}")
    return items


def mapping(value: Any, name: str) -> dict[str, Any]:
    """An object; raises Refused for anything else."""
    found = nested(value)
    if not isinstance(found, dict):
        raise bad_request(f"Invalid value for {name}")
    return found


def form_of(raw: bytes) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_query(raw).items()}


def json_body(raw: bytes, content_type: str) -> Any:
    """The body of a POST: JSON, or a form whose one parameter `json` holds it."""
    if content_type.startswith("application/json"):
        return decoded(raw) if raw else {}
    text = form_of(raw).get("json") if content_type.startswith("application/x-www-form-urlencoded") else None
    if text is None:
        raise missing_parameters()
    return decoded(text)


def loose_body(raw: bytes, content_type: str) -> Any:
    """JSON, or the properties as a form: tasks and meetings take both."""
    form = {} if content_type.startswith("application/json") else form_of(raw)
    return form if form and "json" not in form else json_body(raw, content_type)


def form_body(raw: bytes, content_type: str, query: dict[str, list[str]]) -> dict[str, str]:
    """The parameters of a v1 PUT: a form or the query; JSON is refused with an empty body."""
    if raw and not content_type.startswith("application/x-www-form-urlencoded"):
        raise Refused(400, None)
    return {name: values[-1] for name, values in query.items()} | form_of(raw)
