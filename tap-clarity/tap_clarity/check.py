"""`tap-clarity check`: a line for each stream, how its list is read by the site profile and what does not work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from clarity_api.login import who
from clarity_api.profile import UPDATED, SiteProfile, StreamProfile
from clarity_api.reading import Reader
from clarity_api.site import Page, Row
from singer_rest import ApiError, ApiUnavailable, FatalRunError, masked, parse_instant
from singer_sdk import SchemaDirectory

from tap_clarity import schemas
from tap_clarity.streams import STREAMS

SCHEMAS = SchemaDirectory(schemas)
IN_THE_FUTURE = timedelta(days=3650)
SHOWN = 6


def check_streams(
    reader: Reader, profile: SiteProfile, config: Mapping[str, Any], write: Callable[[str], object]
) -> int:
    """Write what was found and give the exit code. FatalRunError where nobody can sign in."""
    write(f"Clarity:   {config['api_url']}, site_profile {profile.file}")
    write(f"Signs in:  with {who(config, profile)}")
    width = max(len(stream.name) for stream in STREAMS) + 1
    broken = 0
    for stream in STREAMS:
        if stream.name not in profile.streams:
            write(f"{stream.name + ':':<{width}} not in the profile ({profile.place('streams')})")
            continue
        checked = profile.streams[stream.name]
        try:
            line = _line(reader, checked, SCHEMAS.get_schema(stream.name)["properties"].keys() - stream.companions)
        except (ApiError, ApiUnavailable, FatalRunError, _WrongError) as error:
            if isinstance(error, ApiUnavailable) and not error.connected:
                raise
            if isinstance(error, ApiError) and error.status == 401:
                raise FatalRunError(str(error)) from None
            broken += 1
            line = f"does not work: {masked(str(error))}"
        write(f"{stream.name + ':':<{width}} {line}")
    write(f"{broken} of {len(profile.streams)} streams can't be read." if broken else "All is well.")
    return 1 if broken else 0


class _WrongError(Exception):
    """What the answers of a list show to be wrong with its profile."""


def _line(reader: Reader, stream: StreamProfile, known: set[str]) -> str:
    pages = reader.pages(stream.name, since=None, limit=1)
    first = next(pages, None)
    path = f"GET {stream.path}, {_paging(stream)}"
    if first is None or not first.rows:
        return f"{path}, no rows, so nothing more can be said"
    row, count = first.rows[0], "" if first.total is None else f", {first.total:,} rows"
    _check_row(stream, row)
    _check_next(stream, first, pages)
    _check_since(reader, stream, row)
    _check_single(reader, stream, row)
    missing = sorted(name for name in known - row.keys() if not name.startswith("_"))
    return f"{path}{count}, {_some(missing)}"


def _check_row(stream: StreamProfile, row: Row) -> None:
    if not isinstance(row.get(stream.key), str) or not row[stream.key]:
        raise _WrongError(f"rows have no id at {stream.fields[stream.key]} ({stream.place('id')})")
    _instant(stream, row)


def _instant(stream: StreamProfile, row: Row) -> datetime:
    try:
        return parse_instant(row[UPDATED])
    except (KeyError, TypeError, ValueError):
        where = stream.place("updated")
        raise _WrongError(f"rows have no instant at {stream.fields[UPDATED]} ({where})") from None


def _check_next(stream: StreamProfile, first: Page, pages: Iterator[Page]) -> None:
    """The next page must bring another row."""
    if not first.has_more or (first.guessed and first.total is None and not first.rows):
        return
    second = next(pages, None)
    if second is None and first.total is not None and first.total > len(first.rows):
        raise _WrongError(f"the next page brings nothing new ({stream.place('paging')})")
    if second and second.rows and second.rows[0].get(stream.key) == first.rows[0].get(stream.key):
        raise _WrongError(f"the next page brings the same row ({stream.place('paging')})")


def _check_since(reader: Reader, stream: StreamProfile, row: Row) -> None:
    """Long after the oldest row's last change there must be another list, or none, than at the beginning."""
    if stream.since is None:
        return
    later = reader.pages(stream.name, since=_instant(stream, row) + IN_THE_FUTURE, limit=1)
    page = next(later, None)
    if page and page.rows:
        raise _WrongError(f"{stream.since.parameter} is not heeded ({stream.place('since')})")


def _check_single(reader: Reader, stream: StreamProfile, row: Row) -> None:
    if not stream.fetches:
        return
    found = reader.site.by_ids(stream.name, [row[stream.key]])
    if [other.get(stream.key) for other in found] != [row[stream.key]]:
        place = stream.place("by_ids" if stream.by_ids else "single")
        raise _WrongError(f"a record can't be read by its id ({place})")


def _paging(stream: StreamProfile) -> str:
    since = f" from {stream.since.parameter} on" if stream.since else ", in full every time"
    parameters = ", ".join(stream.paging.parameters.values())
    return f"{stream.paging.style} by {parameters}{since}"


def _some(missing: list[str]) -> str:
    if not missing:
        return "no field missing"
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return f"missing: {', '.join(missing[:SHOWN])}{more}"
