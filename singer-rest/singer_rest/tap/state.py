"""The STATE that a tap is given: which shapes are understood, and one line for what is none."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any

from singer_rest.errors import FatalRunError, single_line
from singer_rest.http.instants import instant_of

EVENTS = "events"
HINT = "correct it, or run without STATE, which reads everything again"
ENVELOPES = ("singer_state", "value")
"""Where Meltano's export of a state and a Singer message of type STATE hold the STATE itself."""
KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}


def parsed_state(text: str) -> dict[str, Any]:
    """The STATE in the text of a file. Raises FatalRunError for what is no STATE, ValueError for what is no JSON."""
    try:
        return opened_state(json.loads(text))
    except RecursionError:
        raise FatalRunError(f"The STATE is nested too deeply: {HINT}") from None


def opened_state(given: Any) -> dict[str, Any]:
    """The STATE itself: as it is, in Meltano's envelope or in Singer's. Raises FatalRunError for what is none."""
    state = given
    if isinstance(given, dict) and "bookmarks" not in given:
        state = next((given[name] for name in ENVELOPES if name in given), given)
    if not isinstance(state, dict):
        raise FatalRunError(f'The STATE is {_kind(state)} instead of {{"bookmarks": {{…}}}}: {HINT}')
    if state and "bookmarks" not in state:
        raise FatalRunError(f"The STATE has no `bookmarks`, only {_listed(state)}: {HINT}")
    bookmarks = state.get("bookmarks", {})
    if not isinstance(bookmarks, dict):
        raise FatalRunError(f"The `bookmarks` of the STATE are {_kind(bookmarks)} instead of an object: {HINT}")
    return state


def check_bookmarks(bookmarks: Mapping[str, Any], parts: Mapping[str, str | None]) -> None:
    """Raise FatalRunError for a bookmark that can't be gone on from.

    `parts` says of each stream by what it is divided (`pipelineKey`), None where it is whole.
    """
    for stream, bookmark in bookmarks.items():
        if stream == EVENTS:
            _check_number(bookmark)
            continue
        if stream not in parts:
            close = difflib.get_close_matches(stream, parts, 1)
            meant = f", perhaps {close[0]} is meant" if close else ""
            raise FatalRunError(f"The STATE has a bookmark of {_name(stream)}, no stream of this tap{meant}: {HINT}")
        if not isinstance(bookmark, dict):
            raise FatalRunError(f"The bookmark of {stream} in the STATE is {_kind(bookmark)}: {HINT}")
        _check_instant(stream, bookmark)
        _check_parts(stream, bookmark, parts[stream])


def _check_parts(stream: str, bookmark: Mapping[str, Any], by: str | None) -> None:
    if by is None:
        if bookmark.get("partitions"):
            raise FatalRunError(f"The STATE of {stream} has partitions, which the stream has not: {HINT}")
        return
    if bookmark.get("replication_key_value"):
        raise FatalRunError(f"The STATE of {stream} has one bookmark instead of one for each {by}: {HINT}")
    partitions = bookmark.get("partitions", [])
    if not isinstance(partitions, list):
        raise FatalRunError(
            f"The partitions of {stream} in the STATE are {_kind(partitions)} instead of a list: {HINT}"
        )
    for part in partitions:
        _check_instant(stream, part if isinstance(part, dict) else {})
        context = part.get("context") if isinstance(part, dict) else None
        if not isinstance(context, dict) or not isinstance(context.get(by), str):
            raise FatalRunError(f"A partition of {stream} in the STATE does not say which {by} it is of: {HINT}")


def _check_instant(stream: str, bookmark: Mapping[str, Any]) -> None:
    if "replication_key_value" in bookmark and instant_of(bookmark["replication_key_value"]) is None:
        raise FatalRunError(f"The STATE of {stream} holds no instant: {HINT}")


def _check_number(bookmark: Any) -> None:
    seq = bookmark.get("replication_key_value", 0) if isinstance(bookmark, dict) else None
    if not isinstance(seq, int) or isinstance(seq, bool) or seq < 0:
        raise FatalRunError(f"The STATE of events holds no number: {HINT}")


def _kind(value: Any) -> str:
    return KINDS.get(type(value), "a number")


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(_name(name) for name in list(names)[:3])


def _name(name: Any) -> str:
    return single_line(f"`{name}`", 60)
