"""The tap of a Streak account."""

from __future__ import annotations

from functools import cached_property

from singer_rest import RestTap, check_date, check_feed, declared_settings
from streak_api.auth import api_root, streak_auth
from streak_api.teams import account_at

from tap_streak.box_streams import CHILD_STREAMS, PipelineStream
from tap_streak.client import StreakSession, streak_client
from tap_streak.events import StreakEvents
from tap_streak.streams import STREAMS


class TapStreak(RestTap[StreakSession]):
    """Singer tap for Streak CRM: boxes, contacts, organizations, tasks, comments, meetings and what they belong to."""

    name = "tap-streak"
    config_jsonschema = declared_settings("tap_streak", "singer_rest.tap")
    stream_classes = STREAMS
    event_records = StreakEvents

    @cached_property
    def api(self) -> StreakSession:
        """Streak; boxes are all listed where children hang on them or deletions are looked for."""
        children = any(self.streams[stream.name].selected for stream in CHILD_STREAMS)
        client = streak_client(self.config, self.user_agent)
        return StreakSession(client, self.config, whole_lists=children or self.config["detect_deletes"])

    @property
    def origin(self) -> str:
        """The root of the API, and the team."""
        return account_at(self.config, self.api.account.team)

    def check_settings(self) -> None:
        """Raise FatalRunError for what can't work, naming the setting and never its value."""
        api_root(self.config)
        streak_auth(self.config, "api_key (TAP_STREAK_API_KEY)")
        check_feed(self.config)
        check_date(self.config, "start_date")

    def ask_api(self) -> None:
        """Ask for the team and its pipelines, so that a mistake is found before anything is emitted."""
        _ = self.api.account.team, self.api.account.pipelines
        for stream in self.selected_streams:
            if isinstance(stream, PipelineStream):
                stream.forget_others()
