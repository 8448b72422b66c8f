"""Files and e-mail threads of a box: there are none, the sandbox has no mailbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.streak.call import Call
    from sandbox.streak.store import Record


def none_of_box(call: Call, key: str) -> list[Record]:
    call.store.find("boxes", key)
    return []
