"""One request to the shop, from the wire to the wire."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from sandbox import wire
from sandbox.clarity.refusal import Refused, malformed

if TYPE_CHECKING:
    from sandbox.clarity.shop import Clarity

Answer = tuple[int, bytes]
JSON_HEADER = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler gets to see."""

    shop: "Clarity"
    method: str
    path: str
    names: dict[str, str]
    query: dict[str, str]
    headers: dict[bytes, bytes]
    body: bytes

    def header(self, name: bytes) -> str | None:
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def json(self) -> dict[str, Any]:
        """The body as an object. Raises Refused."""
        try:
            value = wire.decode(self.body)
        except ValueError:
            raise malformed("The body is not JSON") from None
        if not isinstance(value, dict):
            raise malformed("The body is not a JSON object")
        return value


Handler = Callable[[Call], Answer]


class Endpoint:
    """ASGI: one call of the API. All but the open ones want credentials; POSTs heed `Idempotency-Key`."""

    def __init__(self, shop: "Clarity", handler: Handler, *, is_open: bool = False) -> None:
        self.shop = shop
        self.handler = handler
        self.is_open = is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = b"" if scope["method"] == "GET" else await _body(receive)
        status, answer = self._answer(self._call(scope, body))
        headers = [JSON_HEADER, (b"content-length", str(len(answer)).encode())] if status != 204 else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _call(self, scope: Scope, body: bytes) -> Call:
        query = scope["query_string"]
        return Call(
            self.shop,
            scope["method"],
            scope["path"],
            scope["path_params"],
            dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {},
            dict(scope["headers"]),
            body,
        )

    def _answer(self, call: Call) -> Answer:
        try:
            if not self.is_open:
                self.shop.credentials.check(call)
            key = call.header(b"idempotency-key")
            if call.method == "POST" and key and not self.is_open:
                return self.shop.answers.once(key, call, self._handled)
            return self.handler(call)
        except Refused as refused:
            return refused.status, refused.body

    def _handled(self, call: Call) -> Answer:
        try:
            return self.handler(call)
        except Refused as refused:
            return refused.status, refused.body


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)
