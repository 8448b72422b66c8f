"""The Streak side without a server: its keys, what can be loaded, and its state as JSON."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox.clock import Clock
from sandbox.delivery import Delivery
from sandbox.streak import Streak
from sandbox.streak.keys import datastore_key, key_of
from sandbox.system import LoadError
from sandbox.wire import decode, encode


def new_streak() -> Streak:
    clock = Clock()
    return Streak(clock, Delivery(clock))


def test_keys_have_the_layout_of_real_ones() -> None:
    assert datastore_key(("Team", 5629499534213120)) == "agxzfm1haWxmb29nYWVyEQsSBFRlYW0YgICAgICAgAoM"
    assert key_of("contacts", 1).startswith("VGVhbUNvbnRhY3Qs")
    assert key_of("boxes", 1) == key_of("boxes", 1) != key_of("boxes", 2)


@pytest.mark.parametrize(
    "record",
    [
        ("deals", {"name": "x"}),
        ("boxes", {"pipelineKey": "nix"}),
        ("boxes", {"stageKey": "5999"}),
        ("tasks", {"boxKey": "nix"}),
        ("contacts", {"creatorKey": "nix"}),
        ("users", {}),
    ],
)
def test_what_cannot_be_loaded_is_named(record: tuple[str, dict[str, Any]]) -> None:
    with pytest.raises(LoadError):
        new_streak().load(*record)


def test_the_state_survives_as_json() -> None:
    first, second = new_streak(), new_streak()
    first.reset("demo")
    second.restore(decode(encode(first.dump())))
    assert encode(second.snapshot()) == encode(first.snapshot())
    assert second.store.new_key("boxes") == first.store.new_key("boxes")
