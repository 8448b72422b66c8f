"""Webhooks: what Streak posts, to whom and how often."""

from __future__ import annotations

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


class Receiver:
    """A server that notes what it is sent and answers with the statuses it is given, then with 200."""

    def __init__(self) -> None:
        self.got: queue.Queue[tuple[str, str | None, Any]] = queue.Queue()
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.got.put((self.path, self.headers.get("X-Streak-Webhook-Token"), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def next(self) -> tuple[str, str | None, Any]:
        return self.got.get(timeout=60)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def subscribe(streak: Any, receiver: Receiver, event: str, **more: Any) -> Any:
    team = event.startswith(("CONTACT", "ORG"))
    scope = {"teamKey": streak.team} if team else {"pipelineKey": streak.pipeline()}
    return streak.post("v2/webhooks", {"event": event, "targetUrl": f"{receiver.url}/{event}", **more}, **scope)


def test_a_webhook_is_a_record_like_others(streak: Any, receiver: Receiver) -> None:
    hook = subscribe(streak, receiver, "BOX_CREATE")
    pipeline = streak.pipeline()
    body = {"event": "CONTACT_CREATE", "targetUrl": receiver.url, "teamKey": streak.team}
    team_hook = streak.post("v2/webhooks", body)
    older = streak.post(f"v2/pipelines/{pipeline}/webhooks", {"event": "BOX_EDIT", "targetUrl": receiver.url})
    assert streak.get(f"v2/pipelines/{pipeline}/webhooks")["results"] == [hook, older]
    assert streak.get(f"v2/teams/{streak.team}/webhooks")["results"] == [team_hook]
    assert streak.post(f"v2/webhooks/{hook['key']}", {"event": "BOX_DELETE"})["event"] == "BOX_DELETE"
    assert streak.delete(f"v2/webhooks/{hook['key']}") == {"success": True}
    assert streak.refused("GET", f"v2/webhooks/{hook['key']}")[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        {"event": "BOX_STAGE_CHANGE", "targetUrl": "http://x"},
        {"event": "BOX_EDIT", "targetUrl": "x"},
        {"event": "CONTACT_CREATE", "targetUrl": "http://x"},
        {"event": "BOX_EDIT"},
    ],
)
def test_webhooks_that_streak_refuses(streak: Any, body: Any) -> None:
    assert streak.refused("POST", f"v2/webhooks?pipelineKey={streak.pipeline()}", json=body)[0] == 400
    assert streak.refused("POST", "v2/webhooks", json=body)[0] == 400


def test_a_changed_box_is_posted_as_an_array_with_the_token(streak: Any, receiver: Receiver) -> None:
    for event in ("BOX_CREATE", "BOX_EDIT", "BOX_CHANGE_STAGE", "BOX_DELETE"):
        subscribe(streak, receiver, event, token="s3cret")
    box = streak.box()
    assert receiver.next() == ("/BOX_CREATE", "s3cret", [box])
    moved = streak.post(f"v1/boxes/{box['key']}", {"stageKey": "5002"})
    assert receiver.next() == ("/BOX_CHANGE_STAGE", "s3cret", [moved])
    streak.post(f"v1/boxes/{box['key']}", {"stageKey": "5002", "linkedBoxKeys": []})
    edited = streak.post(f"v1/boxes/{box['key']}", {"notes": "new"})
    assert receiver.next() == ("/BOX_EDIT", "s3cret", [edited])
    streak.delete(f"v1/boxes/{box['key']}")
    assert receiver.next()[0] == "/BOX_DELETE"
    assert receiver.got.empty()


def test_every_kind_of_record_has_its_events(streak: Any, receiver: Receiver) -> None:
    events = (
        "STAGE_CREATE COMMENT_CREATE MEETING_CREATE TASK_CREATE TASK_COMPLETE CONTACT_CREATE ORG_CREATE CONTACT_DELETE"
    )
    for event in events.split():
        subscribe(streak, receiver, event)
    box = f"v2/boxes/{streak.box()['key']}"
    streak.post(f"v2/pipelines/{streak.pipeline()}/stages", {"name": "x"})
    streak.post(f"{box}/comments", {"message": "x"})
    streak.post(f"{box}/meetings", {"meetingType": "CALL_LOG", "startTimestamp": 1})
    streak.post(f"{box}/tasks", {"text": "draft", "isDraft": True})
    task = streak.post(f"{box}/tasks", {"text": "x"})["key"]
    streak.post(f"v2/tasks/{task}", {"status": "DONE"})
    contact = streak.post(f"v2/teams/{streak.team}/contacts", {"givenName": "x"})["key"]
    streak.post(f"v2/teams/{streak.team}/organizations", {"name": "x"})
    streak.delete(f"v2/contacts/{contact}")
    assert sorted(receiver.next()[0] for _ in events.split()) == sorted(f"/{event}" for event in events.split())
    assert receiver.got.empty()


def test_other_answers_than_200_are_tried_again(sandbox: Any, streak: Any, receiver: Receiver) -> None:
    subscribe(streak, receiver, "BOX_CREATE")
    sandbox.clock(scale=100)
    receiver.answers = [500, 202]
    box = streak.box()
    assert [receiver.next()[2][0]["key"] for _ in range(3)] == [box["key"]] * 3


def test_410_takes_the_webhook_away(sandbox: Any, streak: Any, receiver: Receiver) -> None:
    hook = subscribe(streak, receiver, "BOX_CREATE")
    receiver.answers = [410]
    streak.box()
    receiver.next()
    while sandbox.hooks()["pending"]:
        pass
    assert sandbox.snapshot()["streak"]["webhooks"] == []
    assert streak.refused("GET", f"v2/webhooks/{hook['key']}")[0] == 404
