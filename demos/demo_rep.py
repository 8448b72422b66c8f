"""What a sales rep does in Streak between two runs of the demo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from crm import Crm

if TYPE_CHECKING:
    from sandbox.testing import Sandbox

MOVES = (("New Order", "In Fulfillment"), ("In Fulfillment", "Shipped"), ("On Hold", "Lost"))
TITLE = "Chief Buyer"
REMARK = "#shop Please gift-wrap, it is a birthday"


@dataclass(frozen=True, slots=True)
class Rep:
    """Somebody who works in Streak."""

    sandbox: Sandbox

    def work(self) -> dict[str, Any]:
        """Move three deals, edit a contact, tick off a task, write a comment; gives the three boxes and the contact."""
        crm = Crm(self.sandbox.snapshot())
        boxes = [_newest(crm, stage) for stage, _ in MOVES]
        for box, (_, stage) in zip(boxes, MOVES, strict=True):
            self._post(f"/v1/boxes/{box['key']}", stageKey=crm.stage_key(box["pipeline"], stage))
        contact = boxes[0]["contacts"][0]
        self._post(f"/v2/contacts/{contact['key']}", title=TITLE)
        self._post(f"/v2/tasks/{boxes[0]['tasks'][0]['key']}", status="DONE")
        self._post(f"/v2/boxes/{boxes[0]['key']}/comments", message=REMARK)
        return {"boxes": boxes, "contact": contact}

    def _post(self, path: str, **body: Any) -> None:
        auth = (self.sandbox.streak_key, "")
        requests.post(f"{self.sandbox.streak_url}{path}", json=body, auth=auth, timeout=10).raise_for_status()


def _newest(crm: Crm, stage: str) -> dict[str, Any]:
    """The newest deal in a stage that has a person and a task."""
    return [box for box in crm.boxes if box["stage"] == stage and box["contacts"] and box["tasks"]][-1]
