"""A run of which too much is set aside is stopped."""

from __future__ import annotations

import pytest
from singer_rest.errors import FatalRunError
from singer_rest.target.error_budget import ErrorBudget, RejectedLimit
from singer_rest.target.summary import Summary


def budget(limit: str, read: int = 0) -> ErrorBudget:
    summary = Summary()
    summary.read["boxes"] = read
    return ErrorBudget(RejectedLimit.of(limit), summary)


def spend(made: ErrorBudget, times: int, result: str = "rejected", code: str = "400") -> None:
    for _ in range(times):
        made.spend("boxes", result, code)


def test_a_number_is_a_number() -> None:
    made = budget("2")
    spend(made, 2)
    with pytest.raises(FatalRunError, match="3 of"):
        spend(made, 1)


def test_a_share_counts_from_a_hundred_records_on() -> None:
    spend(budget("20%", 99), 99)
    made = budget("20%", 100)
    spend(made, 20)
    with pytest.raises(FatalRunError, match=r"max_rejected \(20%\)"):
        spend(made, 1)


@pytest.mark.parametrize("given", ["many", "20 %%", ""])
def test_neither_a_number_nor_a_share(given: str) -> None:
    with pytest.raises(FatalRunError, match="neither a number nor a share"):
        RejectedLimit.of(given)


def test_ten_in_a_row_that_the_api_does_not_take_end_the_run() -> None:
    made = budget("50%", 1000)
    spend(made, 9, "postponed", "503")
    made.failed["boxes"] = 0
    spend(made, 9, "postponed", "unavailable")
    with pytest.raises(FatalRunError, match="took none of 10 boxes in a row"):
        spend(made, 1, "postponed", "503")
    spend(budget("100%", 1000), 20, "postponed", "503")


def test_records_that_the_mapper_could_not_map_count_by_their_source() -> None:
    made = budget("20%")
    made.mapped["orders", "order-box"] = 100
    for _ in range(25):
        made.unmapped("orders", "order-box")
    with pytest.raises(FatalRunError, match="orders of the source"):
        made.unmapped("orders", "order-box")
