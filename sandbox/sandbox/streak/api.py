"""The API as an ASGI application: finds the answer to a call and writes it down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.auth import user_of
from sandbox.streak.bends import Bends
from sandbox.streak.call import ENCODER, Call, form_body, json_body, loose_body, parse_query
from sandbox.streak.errors import Refused, invalid_path
from sandbox.streak.routes import LOOSE, ROUTES
from sandbox.streak.write_bends import numbered

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from sandbox.streak.routes import Handler
    from sandbox.streak.store import Store

ANY = "*"
JSON = b"application/json"
MARKDOWN = b"text/markdown; charset=utf-8"
BYTES = b"application/octet-stream"
NO_ACCESS = {"success": False, "error": "User does not have access to this resource"}


def tree() -> dict[str, Any]:
    """The routes by segments of their path, so that finding one costs the same for all."""
    root: dict[str, Any] = {}
    for verb, path, handler in ROUTES:
        node = root
        for segment in path.split("/"):
            node = node.setdefault(segment, {})
        node[f" {verb}"] = handler
    return root


class Api:
    """Answers everything below `/api`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tree = tree()
        self.bends = Bends(store)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status, answer = 200, await self.answer(scope, receive)
        except Refused as refusal:
            status, answer = refusal.status, refusal.body
        kind, content = _content(answer if isinstance(answer, str | bytes) else self.bends.outgoing(answer))
        headers = [(b"content-type", kind), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def answer(self, scope: Scope, receive: Receive) -> Any:
        """What the handler of the call gives; raises Refused."""
        raw = b"" if scope["method"] == "GET" else await _read(receive)
        headers = dict(scope["headers"])
        user = user_of(self.store, headers.get(b"authorization", b"").decode("latin-1"))
        handler, keys = self.find(scope["method"], scope["path"])
        keys = self.bends.incoming(keys)
        if self.store.settings["no_access"] and not set(keys).isdisjoint(self.store.settings["no_access"]):
            raise Refused(401, NO_ACCESS)
        call = Call(self.store, user, parse_query(scope["query_string"]))
        content_type = headers.get(b"content-type", b"").decode("latin-1")
        if scope["method"] == "PUT":
            call.body = form_body(raw, content_type, call.query)
        elif scope["method"] == "POST":
            call.body = (loose_body if handler in LOOSE else json_body)(raw, content_type)
        call.body, call.query = self.bends.incoming(call.body), self.bends.incoming(call.query)
        return numbered(self.store, handler(call, *keys))

    def find(self, verb: str, path: str) -> tuple[Handler, list[str]]:
        """The handler of a path and the keys in it; raises Refused for an unknown path or verb."""
        segments = path.rstrip("/").split("/")
        if segments[:2] != ["", "api"]:
            raise invalid_path()
        node, keys = self.tree, []
        for segment in segments[2:]:
            if segment in node and segment != ANY:
                node = node[segment]
            elif ANY in node and segment:
                node = node[ANY]
                keys.append(segment)
            else:
                raise invalid_path()
        if f" {verb}" not in node:
            raise invalid_path()
        return node[f" {verb}"], keys


async def _read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _content(answer: Any) -> tuple[bytes, bytes]:
    """Type and bytes of an answer: text is Markdown, bytes are a file, the rest is JSON."""
    if isinstance(answer, bytes):
        return BYTES, answer
    if isinstance(answer, str):
        return MARKDOWN, answer.encode()
    return JSON, b"" if answer is None else bytes(ENCODER.encode(answer))
