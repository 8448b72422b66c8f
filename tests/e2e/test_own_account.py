"""A fresh Streak account: after --setup, every order finds what it needs, without leave to make more."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import requests
from crm import Crm
from requests.auth import HTTPBasicAuth
from running import BIN, MAPPING, clean_environment
from shop import customer, guest, order, payment

if TYPE_CHECKING:
    from running import Pipe

STAGES = ["New Order", "In Fulfillment", "On Hold", "Shipped", "Won", "Lost", "Refunded"]


def test_an_empty_team_is_set_up_and_takes_every_order(pipe: Pipe) -> None:
    _without_pipelines(pipe)
    pipe.target_config["create_missing_fields"] = False
    _set_up(pipe)
    pipe.sandbox.load([customer(), order(), guest(2, currency="EUR"), guest(3, currency="ISK"), payment()])
    log = pipe.run().log
    assert "set aside" not in log
    crm = Crm(pipe.sandbox.snapshot())
    assert sorted(box["fields"]["Currency"] for box in crm.boxes) == ["EUR", "ISK", "USD"]
    for pipeline in crm.streak["pipelines"]:
        assert [pipeline["stages"][key]["name"] for key in pipeline["stageOrder"]] == STAGES


def _without_pipelines(pipe: Pipe) -> None:
    auth = HTTPBasicAuth(pipe.sandbox.streak_key, "")
    url = f"{pipe.sandbox.streak_url}/v1/pipelines"
    for pipeline in requests.get(url, auth=auth, timeout=10).json():
        requests.delete(f"{url}/{pipeline['key']}", auth=auth, timeout=10).raise_for_status()


def _set_up(pipe: Pipe) -> None:
    schemas = subprocess.run([str(BIN / "mapper-crosswalk"), "schemas", str(MAPPING)], capture_output=True, check=True)
    command = [str(BIN / "target-streak"), "--config", pipe.write("target", pipe.target_settings()), "--setup"]
    done = subprocess.run(
        command, input=schemas.stdout, capture_output=True, env=clean_environment(), timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
