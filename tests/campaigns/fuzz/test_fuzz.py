"""Lines that nobody would send: the run completes, and every record is an effect or a letter.

`make chaos-fuzz N=10000 SEED=…` draws more of them.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from accounting import SHOP, balance, balance_of_the_mapper, feed, readable, settle
from back_lines import back_orders, back_record, back_schemas
from nonsense import lines
from shop_lines import crm_record, crm_schemas, source_record, tap_schema
from wild_lines import back_head, back_lines, crm_head, crm_lines, shop_head, shop_lines, with_late_schema_and_giants

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.testing import Sandbox

COUNT = int(os.environ.get("FUZZ_N", "500"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))


def say(text: str) -> None:
    """Say what is needed to do it again."""
    sys.stderr.write(f"{text}\n")


@pytest.mark.timeout(3000)
def test_nonsense_for_the_target(sandbox: Sandbox, tmp_path: Path) -> None:
    say(f"FUZZ_N={COUNT} FUZZ_SEED={SEED}")
    drawn = lines(COUNT, SEED, crm_lines)
    given = [*crm_head(), *with_late_schema_and_giants(crm_schemas()["meetings"], drawn, crm_record(0))]
    account = feed(given, tmp_path, sandbox)
    balance(given, account)
    readable(account)
    say(f"{len(given)} lines, {account.read} records: {dict(account.results)}")


@pytest.mark.timeout(3000)
def test_nonsense_on_the_way_back(sandbox: Sandbox, tmp_path: Path) -> None:
    say(f"FUZZ_N={COUNT} FUZZ_SEED={SEED}")
    sandbox.load(back_orders(COUNT))
    drawn = lines(COUNT, SEED, back_lines)
    given = [*back_head(), *with_late_schema_and_giants(back_schemas()["invoices"], drawn, back_record(0))]
    account = feed(given, tmp_path, sandbox, side=SHOP)
    balance(given, account)
    readable(account)
    say(f"{len(given)} lines, {account.read} records: {dict(account.results)}")


@pytest.mark.timeout(3000)
def test_nonsense_for_the_mapper(sandbox: Sandbox, tmp_path: Path) -> None:
    say(f"FUZZ_N={COUNT} FUZZ_SEED={SEED}")
    drawn = lines(COUNT, SEED, shop_lines)
    given = [*shop_head(), *with_late_schema_and_giants(tap_schema("payments"), drawn, source_record(0))]
    account = feed(given, tmp_path, sandbox, mapped=True)
    assert account.code == 0, account.log[-3000:]
    settle(account)
    balance_of_the_mapper(given, account, tmp_path)
    readable(account)
    say(f"{len(given)} lines, {account.read} records: {dict(account.results)}")
