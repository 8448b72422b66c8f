"""One call of the shop, from the wire to the wire."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qsl

from starlette.types import Receive, Scope, Send

from sandbox.clarity.refusal import Refused
from sandbox.clarity.request import Answer, Request
from sandbox.clarity.shop import Shop

JSON_HEADER = (b"content-type", b"application/json")


@dataclass(frozen=True, slots=True)
class Call(Request):
    """What a handler gets to see: the request, and the shop that it is for."""

    shop: Shop


Handler = Callable[[Call], Answer]


class Endpoint:
    """ASGI: one call of the API. All but the open ones want credentials; POSTs heed `Idempotency-Key`."""

    def __init__(self, shop: Shop, handler: Handler, *, is_open: bool = False) -> None:
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
            scope["method"],
            scope["path"],
            scope["path_params"],
            dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else {},
            dict(scope["headers"]),
            body,
            self.shop,
        )

    def _answer(self, call: Call) -> Answer:
        try:
            if not self.is_open:
                self.shop.credentials.check(call)
            key = call.header(b"idempotency-key")
            if call.method == "POST" and key and not self.is_open:
                return self.shop.answers.once(key, call, partial(self._handled, call))
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
