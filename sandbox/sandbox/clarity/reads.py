"""Lists and single records."""

from collections.abc import Callable
from functools import partial
from typing import Any

from sandbox.clarity.call import Call, Handler
from sandbox.clarity.collection import Collection
from sandbox.clarity.instants import micros
from sandbox.clarity.kinds import Kind
from sandbox.clarity.refusal import malformed, missing
from sandbox.clarity.request import Answer, page

DEFAULT_LIMIT = 50
MOST_ROWS = 250
MOST_IDS = 100


def lister(kind: Kind) -> Handler:
    return partial(_list, kind)


def getter(kind: Kind) -> Handler:
    return partial(_get, kind)


def _get(kind: Kind, call: Call) -> Answer:
    body = call.shop.collections[kind.plural].encoded(call.names["id"])
    if body is None:
        raise missing(kind.singular, call.names["id"])
    return 200, body


def _list(kind: Kind, call: Call) -> Answer:
    collection = call.shop.collections[kind.plural]
    if "ids" in call.query:
        return _by_ids(collection, call.query["ids"])
    limit, start = _limit(call.query.get("limit")), _start(collection, call.query)
    keep = _filter(kind, call.query)
    rows, total = collection.matching(start, limit, keep) if keep else collection.page(start, limit)
    return 200, page(rows, total)


def _by_ids(collection: Collection, text: str) -> Answer:
    ids = {key.strip() for key in text.split(",") if key.strip()}
    if len(ids) > MOST_IDS:
        raise malformed(f"More than {MOST_IDS} ids")
    rows = [row for row in map(collection.encoded, sorted(ids)) if row is not None]
    return 200, page(rows, len(rows))


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isdecimal() or int(text) < 1:
        raise malformed("limit must be a whole number from 1 to 250")
    return min(int(text), MOST_ROWS)


def _start(collection: Collection, query: dict[str, str]) -> int:
    since, after_id = query.get("updatedSince"), query.get("afterId")
    if since is None:
        if after_id is not None:
            raise malformed("afterId needs updatedSince")
        return 0
    try:
        return collection.start(micros(since), after_id)
    except ValueError:
        raise malformed("updatedSince is no ISO 8601 instant (a + in a URL is %2B)") from None


def _filter(kind: Kind, query: dict[str, str]) -> Callable[[dict[str, Any]], bool] | None:
    wanted = {name: query[name] for name in kind.filters if name in query}
    if not wanted:
        return None
    if "email" in wanted:
        email = wanted["email"].lower()
        return lambda record: (record.get("email") or "").lower() == email
    return lambda record: all(record.get(name) == value for name, value in wanted.items())
