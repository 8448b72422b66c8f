"""How an answer can go wrong, as rules for the sandbox.

FAULT_SEED draws the mixed faults and the moments of kills otherwise; with FAULT_N seeds everything takes longer.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest

Rule = dict[str, Any]
there_and_back = pytest.mark.parametrize("delivery", ["there", "back"], indirect=True)
back = pytest.mark.parametrize("delivery", ["back"], indirect=True)
SEED, N = int(os.environ.get("FAULT_SEED", "1")), int(os.environ.get("FAULT_N", "1"))
SEEDS = range(SEED, SEED + N)
THOROUGH = N > 1
BUSY = {"success": False, "error": "please try again"}
PAGE = "<html><body>Service Unavailable</body></html>"

ALONE: dict[str, Rule] = {
    "429": {"do": "429", "times": 3},
    "429, seconds": {"do": "429", "retry_after": 1, "times": 3},
    "429, a date": {"do": "429", "retry_after": 2, "as": "date", "times": 2},
    "500, a page of HTML": {"do": "html500", "rate": 0.2},
    "502": {"do": "status", "status": 502, "rate": 0.2},
    "502 after the effect": {"do": "misreport", "status": 502, "body": BUSY, "rate": 0.2},
    "503, seconds": {"do": "status", "status": 503, "body": PAGE, "headers": {"Retry-After": "1"}, "times": 4},
    "time-out": {"do": "hang", "seconds": 2, "times": 4},
    "time-out, then the effect": {
        "do": "latency",
        "ms": 1500,
        "match": {"method": "POST"},
        "times": 6,
    },
    "time-out after the effect": {"do": "lost_answer", "seconds": 2, "times": 4},
    "reset": {"do": "reset", "rate": 0.2},
    "reset after the effect": {"do": "lost_answer", "rate": 0.2},
    "truncated JSON": {"do": "truncate", "rate": 0.2},
    "truncated JSON, cut off": {"do": "truncate", "abort": True, "rate": 0.2},
    "called HTML": {"do": "misreport", "type": "text/html; charset=UTF-8", "rate": 0.2},
    "plain text": {"do": "misreport", "type": "text/plain", "body": "OK", "rate": 0.2},
    "success:false": {"do": "status", "status": 200, "body": BUSY, "rate": 0.2},
    "success:false after the effect": {"do": "misreport", "body": BUSY, "rate": 0.2},
}
# where nothing is written these are no other faults
WHEN_WRITING = frozenset(name for name in ALONE if name.endswith("effect"))
# what costs a second of waiting or more is drawn less often
SLOW = frozenset(name for name, rule in ALONE.items() if "times" in rule)


def mixed(seed: int, share: float, match: Rule) -> list[Rule]:
    """All faults at once, in some order, `share` of the requests in all."""
    chance = Random(seed)  # noqa: S311  # repeatable, not secret
    names = sorted(ALONE)
    chance.shuffle(names)
    weights = {name: 0.2 if name in SLOW else 1.0 for name in names}
    rules = []
    left = 1.0
    for name in names:
        part = share * weights[name] / sum(weights.values())
        rule = {key: value for key, value in ALONE[name].items() if key not in {"times", "rate"}}
        # a rule sees only the requests that those before it let pass
        rules.append(rule | {"rate": part / left, "match": match})
        left -= part
    rules[0]["seed"] = chance.randrange(1 << 30)
    return rules
