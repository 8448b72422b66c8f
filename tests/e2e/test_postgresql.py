"""The demo shop with its ledger on PostgreSQL, through Meltano; then the ledger is lost and rebuilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from running import Meltano, Pipe
    from sandbox.testing import Sandbox
    from singer_rest.testing import PostgresServer

STORY_BEGINS = "2025-11-01T00:00:00Z"


def test_the_demo_shop(meltano: Meltano, pipe: Pipe, sandbox: Sandbox, postgresql: PostgresServer) -> None:
    sandbox.reset("demo")
    meltano.settings = {
        "TARGET_STREAK_LEDGER_URL": postgresql.database(),
        "TARGET_STREAK_EFFECTS_SINCE": STORY_BEGINS,
    }
    first = meltano("run", "tap-clarity", "mapper", "target-streak")
    written = first.summary["streams"]
    assert written["boxes"]["created"] >= 200
    assert written["contacts"]["created"] >= 80
    before = sandbox.snapshot()

    lost = postgresql.database()
    meltano.settings["TARGET_STREAK_LEDGER_URL"] = lost
    report = meltano("invoke", "target-streak", "--rebuild-links").log
    assert f"{written['boxes']['created']:,} order ids in the field 'Order ID'" in report
    assert "@" not in report

    pipe.target_config = {"ledger_url": lost, "effects_since": STORY_BEGINS, "source": sandbox.clarity_url}
    sandbox.clear_requests()
    again = pipe.run(full_refresh=True)
    writes = [one for one in sandbox.requests("streak") if one["method"] != "GET"]
    assert (writes, sandbox.snapshot()) == ([], before)
    assert not [stream for stream, counts in again.summary["streams"].items() if counts.get("created")]
