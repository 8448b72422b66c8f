"""What a newcomer gets wrong ends in one clear line and exit 1, before anything is written."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from running import BIN, clean_environment
from shop import customer, order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from running import Meltano, Pipe

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def untouched(pipe: Pipe) -> Iterator[Pipe]:
    """A shop with one order; whatever goes wrong, Streak stays as it was."""
    pipe.sandbox.load([customer(), order()])
    before = pipe.sandbox.snapshot()["streak"]
    yield pipe
    assert pipe.sandbox.snapshot()["streak"] == before


def fails(pipe: Pipe, *words: str) -> None:
    run = pipe.run(expect=1)
    assert "Traceback" not in run.log
    telling = [line for line in run.log.splitlines() if all(word in line for word in words)]
    assert telling, run.log
    assert run.states == []


@pytest.mark.parametrize(
    ("plugin", "settings", "words"),
    [
        ("tap_config", {"api_key": None}, ["api_key"]),
        ("tap_config", {"api_key": "wrong"}, ["401", "api_key"]),
        ("tap_config", {"api_url": f"{NOWHERE}/api/v1"}, ["127.0.0.1:9", "api_url"]),
        ("tap_config", {"api_url": "shop.example.com"}, ["api_url"]),
        ("target_config", {"api_key": None}, ["api_key"]),
        ("target_config", {"api_key": "wrong"}, ["invalid api key", "api_key"]),
        ("target_config", {"api_key": "…"}, ["api_key", "copy it again"]),
        ("target_config", {"api_url": NOWHERE}, ["127.0.0.1:9", "api_url"]),
        ("target_config", {"api_url": "http://streak.example/api"}, ["api_url", "https://", "unencrypted"]),
        ("target_config", {"ledger_url": "sqlite:////proc/nowhere/ledger.db"}, ["/proc/nowhere", "ledger_url"]),
        ("target_config", {"team": "Nobody"}, ["Nobody", "Sandbox Sales", "team"]),
        ("target_config", {"create_missing_fields": False}, ["Order ID", "create_missing_fields", "streak setup"]),
    ],
)
def test_a_wrong_setting(untouched: Pipe, plugin: str, settings: dict[str, Any], words: list[str]) -> None:
    setattr(untouched, plugin, getattr(untouched, plugin) | settings)
    fails(untouched, *words)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("API_KEY", "wrong", "Streak refuses the API key (invalid api key): check api_key"),
        ("DRY_RUN", "maybe", "dry_run is neither true nor false: 'maybe'"),
    ],
)
def test_meltano_says_it_without_a_traceback(meltano: Meltano, setting: str, value: str, said: str) -> None:
    meltano.sandbox.reset("demo")
    before = meltano.sandbox.snapshot()["streak"]
    meltano.settings[f"TARGET_STREAK_{setting}"] = value
    log = meltano("run", "tap-clarity", "mapper", "target-streak", expect=1).log
    assert said in log
    assert "Traceback" not in log
    assert meltano.sandbox.snapshot()["streak"] == before


def test_a_dry_run_by_meltano_is_one(meltano: Meltano) -> None:
    meltano.sandbox.load([customer(), order()])
    before = meltano.sandbox.snapshot()["streak"]
    meltano.settings["TARGET_STREAK_DRY_RUN"] = "True"
    log = meltano("run", "tap-clarity", "mapper", "target-streak").log
    assert "dry run finished" in log
    assert "writes planned" in log
    assert meltano.sandbox.snapshot()["streak"] == before


@pytest.mark.parametrize("plugin", ["target-streak", "target-clarity"])
def test_a_word_of_the_environment_that_is_neither_yes_nor_no(plugin: str) -> None:
    environment = clean_environment() | {f"{plugin.upper().replace('-', '_')}_DRY_RUN": "maybe"}
    command = [str(BIN / plugin), "--config=ENV"]
    done = subprocess.run(command, input="", capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("dry_run is neither true nor false: 'maybe'")


def test_a_path_of_the_api_that_is_wrong(untouched: Pipe) -> None:
    untouched.tap_config["api_url"] = untouched.sandbox.clarity_origin + "/api/v9"
    fails(untouched, "404", "api_url")


@pytest.mark.parametrize(
    ("pattern", "wrong", "words"),
    [
        ("const: Web Orders", "const: Web Order", ["Web Order", "Web Orders", "Key Accounts"]),
        (r"\[shipped, Shipped\]", "[shipped, Shiped]", ["Shiped", "Shipped"]),
        ("notes: customerNote", "notes: customerNot", ["customerNot", "customerNote", "clarity-streak.yml:"]),
        ("flows:", "flows: [", ["clarity-streak.yml:", "broken YAML"]),
    ],
)
def test_a_slip_in_the_mapping(untouched: Pipe, tmp_path: Path, pattern: str, wrong: str, words: list[str]) -> None:
    mappings = untouched.mapping.parent
    text = re.sub(pattern, wrong, untouched.mapping.read_text(), count=1)
    assert wrong in text
    untouched.mapping = tmp_path / "clarity-streak.yml"
    untouched.mapping.write_text(text.replace("../..", str(mappings.parent.parent)))
    fails(untouched, *words)


def test_a_mapping_that_needs_a_field_that_the_tap_does_not_give(untouched: Pipe) -> None:
    catalog = untouched.catalog()
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if stream["tap_stream_id"] == "orders" and entry["breadcrumb"] == ["properties", "orderNumber"]:
                entry["metadata"]["selected"] = False
    untouched.use_catalog(catalog)
    fails(untouched, "orders.orderNumber", "selected")
