"""A pipeline's boxes and a box's tasks, comments and meetings, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from singer_rest.http.client import RestClient

PAGE = 100


def boxes_of(client: RestClient, pipeline_key: str, most: int | None = None) -> Iterator[dict[str, Any]]:
    """Give a pipeline's boxes, newest first, each once, of all pages or of the first `most`."""
    path, order = f"/v1/pipelines/{pipeline_key}/boxes", {"sortBy": "creationTimestamp"}
    yield from _pages(lambda page: client.get(path, params=order | {"limit": PAGE, "page": page}), most)


def effects_of(client: RestClient, box_key: str, stream: str) -> Iterator[dict[str, Any]]:
    """Give a box's tasks, comments or meetings; of comments there are no pages."""
    path = f"/v2/boxes/{box_key}/{stream}"
    if stream == "comments":
        yield from _rows(client.get(path))
    else:
        yield from _pages(lambda page: client.get(path, params={"limit": PAGE, "page": page}), None)


def _pages(read: Callable[[int], Any], most: int | None) -> Iterator[dict[str, Any]]:
    seen: set[str] = set()
    page = 0
    while most is None or page < most:
        answer = read(page)
        rows = _rows(answer)
        new = [row for row in rows if row["key"] not in seen]
        yield from new
        seen.update(row["key"] for row in new)
        more = answer.get("hasNextPage") if isinstance(answer, dict) else None
        if not new or more is False or len(rows) < PAGE:
            return
        page += 1


def _rows(answer: Any) -> list[dict[str, Any]]:
    """Take both envelopes that Streak is known to use."""
    return list(answer.get("results", []) if isinstance(answer, dict) else answer)
