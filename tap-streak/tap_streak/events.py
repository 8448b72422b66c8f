"""Which records Streak's events are about."""

from __future__ import annotations

import re

from singer_rest import EventRecords

from tap_streak.client import StreakSession

STREAMS = {
    "BOX_CREATE": "boxes",
    "BOX_EDIT": "boxes",
    "BOX_CHANGE_STAGE": "boxes",
    "BOX_CHANGE_PIPELINE": "boxes",
    "BOX_DELETE": "boxes",
    "BOX_NEW_EMAIL_ADDRESS": "boxes",
    "CONTACT_CREATE": "contacts",
    "CONTACT_UPDATE": "contacts",
    "CONTACT_DELETE": "contacts",
    "ORG_CREATE": "organizations",
    "ORG_UPDATE": "organizations",
    "ORG_DELETE": "organizations",
    "TASK_CREATE": "tasks",
    "TASK_COMPLETE": "tasks",
    "TASK_DUE": "tasks",
    "TASK_UPDATED": "tasks",
    "COMMENT_CREATE": "comments",
    "MEETING_CREATE": "meetings",
    "MEETING_UPDATE": "meetings",
    "STAGE_CREATE": "stages",
}
KEY = re.compile(r"[\w-]{1,200}", re.ASCII)
NAMES_LAST = 300.0  # seconds: a stage or a person may get another name while the tap follows


class StreakEvents(EventRecords[StreakSession]):
    """Events of Streak's webhooks."""

    source = "streak"
    noun = "key"

    def stream_of(self, event_type: str) -> str | None:
        """The stream of the table."""
        return STREAMS.get(event_type)

    def is_id(self, text: str) -> bool:
        """Whether it looks as keys do."""
        return bool(KEY.fullmatch(text))

    def prepare(self) -> None:
        """Have what is remembered of names and boxes asked for again."""
        self._tap.api.freshen(NAMES_LAST)
        self._tap.api.boxes.put_away()
