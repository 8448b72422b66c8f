"""Settings that taps of REST APIs have in common."""

from singer_sdk import typing as th

START_DATE = th.Property(
    "start_date",
    th.DateTimeType,
    title="Start date",
    description="Records changed before this instant are left out; default: everything",
)
REQUEST_TIMEOUT = th.Property(
    "request_timeout",
    th.IntegerType(minimum=1),
    default=60,
    title="Request timeout",
    description="Seconds to wait for an answer before the request is repeated",
)
FEED = (
    th.Property(
        "events_url",
        th.StringType,
        title="Feed of events",
        description="Root of a feed of events, such as http://127.0.0.1:8711; with it only the records are read that "
        "webhooks told of",
    ),
    th.Property(
        "events_token",
        th.StringType,
        secret=True,
        title="Token of the feed",
        description="Sent to the feed of events as Bearer",
    ),
    th.Property(
        "follow",
        th.BooleanType,
        default=False,
        title="Follow",
        description="With events_url: go on for ever; otherwise the run ends at the feed's end",
    ),
)


def page_size(default: int, most: int) -> th.Property[int]:
    """The rows of a page."""
    kind = th.IntegerType(minimum=1, maximum=most)
    return th.Property("page_size", kind, default=default, title="Page size", description="Rows per request")


def user_agent(plugin: str) -> th.Property[str]:
    """What a plugin calls itself."""
    description = f"Sent as User-Agent; default: {plugin}/VERSION"
    return th.Property("user_agent", th.StringType, title="User agent", description=description)
