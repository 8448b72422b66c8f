"""What boxes count of their tasks, comments and meetings: a second signal, should no instant of a box move with them.

All boxes of a pipeline are remembered in a short text that fits into a STATE: the boxes share out into groups, and of
each group a checksum and the number of its boxes are kept.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zlib import crc32

GROUPS = 128
SUM_BYTES, COUNT_BYTES = 3, 1
GROUP_BYTES = SUM_BYTES + COUNT_BYTES
SUMS, COUNTS = 1 << 8 * SUM_BYTES, 1 << 8 * COUNT_BYTES


@dataclass(frozen=True, slots=True)
class Counted:
    """The groups of some boxes, each with the sum of what its boxes count and their number."""

    groups: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, boxes: Iterable[tuple[str, Any]]) -> Counted:
        """Take the keys of boxes and what each counts."""
        groups = [(0, 0)] * GROUPS
        for key, counts in boxes:
            total, number = groups[group_of(key)]
            digest = crc32(f"{key} {counts}".encode())
            groups[group_of(key)] = ((total + digest) % SUMS, (number + 1) % COUNTS)
        return cls(tuple(groups))

    @classmethod
    def read(cls, text: Any) -> Counted | None:
        """What `str` gave; None for anything else."""
        try:
            data = base64.b64decode(text, validate=True)
        except (TypeError, ValueError, binascii.Error):
            return None
        if len(data) != GROUPS * GROUP_BYTES:
            return None
        parts = (data[start : start + GROUP_BYTES] for start in range(0, len(data), GROUP_BYTES))
        return cls(tuple((int.from_bytes(part[:SUM_BYTES]), int.from_bytes(part[SUM_BYTES:])) for part in parts))

    def __str__(self) -> str:
        parts = (total.to_bytes(SUM_BYTES) + number.to_bytes(COUNT_BYTES) for total, number in self.groups)
        return base64.b64encode(b"".join(parts)).decode()

    def differing(self, before: Counted) -> set[int]:
        """The groups that are not as they were."""
        return {number for number in range(GROUPS) if self.groups[number] != before.groups[number]}

    def same_boxes(self, before: Counted, group: int) -> bool:
        """Whether as many boxes are in a group as there were."""
        return self.groups[group][1] == before.groups[group][1]


def group_of(key: str) -> int:
    """The group of a box."""
    return crc32(key.encode()) % GROUPS


def unnoticed(now: Counted, before: Counted, moved: Iterable[str]) -> set[int]:
    """The groups where something was counted although no box of them moved, came or went."""
    explained = {group_of(key) for key in moved}
    return {group for group in now.differing(before) - explained if now.same_boxes(before, group)}
