"""Webhooks: subscriptions, and the posting of changed records to their targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.streak.call import ENCODER
from sandbox.streak.errors import Refused, bad_request, insufficient
from sandbox.streak.teams import named

if TYPE_CHECKING:
    from sandbox.delivery import Delivery
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record, Store

BOX_EVENTS = (
    "BOX_CREATE",
    "BOX_EDIT",
    "BOX_CHANGE_STAGE",
    "BOX_CHANGE_PIPELINE",
    "BOX_DELETE",
    "BOX_NEW_EMAIL_ADDRESS",
    "BOX_NEW_EMAIL_RECEIVED",
    "THREAD_ADDED_TO_BOX",
    "THREAD_REMOVED_FROM_BOX",
    "STAGE_CREATE",
    "COMMENT_CREATE",
    "MEETING_CREATE",
    "MEETING_UPDATE",
    "TASK_CREATE",
    "TASK_COMPLETE",
    "TASK_DUE",
    "TASK_UPDATED",
)
TEAM_EVENTS = ("CONTACT_CREATE", "CONTACT_UPDATE", "CONTACT_DELETE", "ORG_CREATE", "ORG_UPDATE", "ORG_DELETE")
SCOPES = {"pipelineKey": ("pipelines", BOX_EVENTS), "teamKey": ("teams", TEAM_EVENTS)}
TOKEN = "X-Streak-Webhook-Token"
PAUSES = (1, 2, 4, 8, 16)  # seconds before each further attempt
GONE = 410


def create(call: Call) -> Record:
    """The scope, a pipeline or a team, stands in the query or in the body."""
    body = call.json_object()
    scopes = {name: call.param(name) or body.get(name) for name in SCOPES}
    named = {name: key for name, key in scopes.items() if key}
    if len(named) != 1:
        raise insufficient("Webhook")
    ((name, key),) = named.items()
    return _create(call, name, key)


def create_for_pipeline(call: Call, key: str) -> Record:
    return _create(call, "pipelineKey", key)


def _create(call: Call, scope: str, scope_key: Any) -> Record:
    store, body, (noun, events) = call.store, call.json_object(), SCOPES[scope]
    _check_plan(store, scope)
    if not body.get("event") or not body.get("targetUrl"):
        raise insufficient("Webhook")
    hook = {
        "key": store.new_key("webhooks"),
        "event": _event(body["event"], events),
        "targetUrl": _url(body["targetUrl"]),
        scope: store.referred(noun, scope_key)["key"],
        "userKey": call.user,
        "creationDate": store.now(),
        "lastSavedTimestamp": store.now(),
    }
    if body.get("token"):
        hook["token"] = body["token"]
    return store.add("webhooks", hook)


def _check_plan(store: Store, scope: str) -> None:
    if scope == "teamKey" and store.settings["team_webhooks"] == "refused":
        raise Refused(403, {"success": False, "error": "Your plan does not include team webhooks"})


def _event(event: Any, events: tuple[str, ...]) -> Any:
    if event not in events:
        raise bad_request(f"Invalid event for this scope: {event}")
    return event


def _url(url: Any) -> Any:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise bad_request("Invalid targetUrl")
    return url


def of_pipeline(call: Call, key: str) -> Record:
    call.store.find("pipelines", key)
    return _of(call, "pipelineKey", key)


def of_team(call: Call, key: str) -> Record:
    _check_plan(call.store, "teamKey")
    return _of(call, "teamKey", named(call.store, key)["key"])


def _of(call: Call, scope: str, key: str) -> Record:
    hooks = [hook for hook in call.store.tables["webhooks"].values() if hook.get(scope) == key]
    return {"results": hooks, "hasNextPage": False}


def get(call: Call, key: str) -> Record:
    return call.store.find("webhooks", key)


def update(call: Call, key: str) -> Record:
    hook, body = call.store.existing("webhooks", key), call.json_object()
    events = BOX_EVENTS if "pipelineKey" in hook else TEAM_EVENTS
    new: Record = {"lastSavedTimestamp": call.store.now()}
    if body.get("event"):
        new["event"] = _event(body["event"], events)
    if body.get("targetUrl"):
        new["targetUrl"] = _url(body["targetUrl"])
    if body.get("token"):
        new["token"] = body["token"]
    hook |= new
    return hook


def delete(call: Call, key: str) -> Record:
    call.store.remove("webhooks", call.store.existing("webhooks", key))
    return {"success": True}


class Announcer:
    """Posts a changed record to every webhook that wants to hear of it."""

    def __init__(self, store: Store, delivery: Delivery) -> None:
        self.store = store
        self.delivery = delivery

    def announce(self, event: str, scope: str, record: Record) -> None:
        """Post `[record]` as it is now to the webhooks for `event` of a pipeline or team."""
        hooks = [hook for hook in self.store.tables["webhooks"].values() if hook["event"] == event]
        for hook in hooks:
            if scope in (hook.get("pipelineKey"), hook.get("teamKey")):
                self._post(hook["key"], ENCODER.encode([record]), 0)

    def _post(self, key: str, body: bytes, attempt: int) -> None:
        hook = self.store.tables["webhooks"].get(key)
        if hook is None:
            return
        headers = {"Content-Type": "application/json"} | ({TOKEN: hook["token"]} if "token" in hook else {})
        pause = PAUSES[attempt - 1] if attempt else 0
        self.delivery.deliver(
            hook["targetUrl"], body, headers, lambda status: self._answered(status, key, body, attempt), after=pause
        )

    def _answered(self, status: int | None, key: str, body: bytes, attempt: int) -> None:
        """200 is fine, 410 ends the webhook, anything else is tried again."""
        if status == GONE:
            self.store.tables["webhooks"].pop(key, None)
        elif status != 200 and attempt < len(PAUSES):
            self._post(key, body, attempt + 1)
