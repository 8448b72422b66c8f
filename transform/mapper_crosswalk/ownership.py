"""Who may write what: every property of a target stream has one owner."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from mapper_crosswalk.flows import ID, Flow, id_skeleton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mapper_crosswalk.findings import Findings

NAMED = 4


def check_ownership(flows: Sequence[Flow], findings: Findings) -> None:
    """Note flows that own the same properties of the same records."""
    owners = [flow for flow in flows if flow.spec.owns]
    for one, other in combinations(owners, 2):
        if one.spec.target != other.spec.target or _never_meet(one, other):
            continue
        both = [path for path in other.leaves() if path != ID and path in one.leaves()]
        if both:
            named = ", ".join(both[:NAMED]) + (" …" if len(both) > NAMED else "")
            what = f"owns {named} of {other.spec.target}, as flow '{one.spec.name}' does (line {one.spec.node.line})"
            findings.add(other.spec.node.line, other.spec.name, f"{what}; say owns: false in one of them")


def _never_meet(one: Flow, other: Flow) -> bool:
    (start, end), (other_start, other_end) = id_skeleton(one.spec), id_skeleton(other.spec)
    same_start = start.startswith(other_start) or other_start.startswith(start)
    same_end = end.endswith(other_end) or other_end.endswith(end)
    return not (same_start and same_end)


def check_sync(flows: Sequence[Flow], findings: Findings) -> None:
    """Note flows that tell the target different things about one property."""
    told: dict[tuple[str, str, str], tuple[Any, str]] = {}
    for flow in flows:
        for path, entry in flow.sync.items():
            for name, value in entry.items():
                before = told.setdefault((str(flow.spec.target), path, name), (value, flow.spec.name))
                if before[0] != value:
                    line = flow.spec.keys["sync"].value[path].line
                    what = f"{name} is {before[0]} in flow '{before[1]}', here it is {value}"
                    findings.add(line, f"{flow.spec.name}.sync.{path}", what)


def sync_of(flows: Sequence[Flow], path: str) -> dict[str, Any]:
    """Return what the target needs to know about a property, from all flows that write its stream."""
    entry: dict[str, Any] = {}
    writers = [flow for flow in flows if path in flow.leaves() or path in flow.fields]
    for flow in writers:
        entry.update(flow.sync.get(path, {}))
    guests = [flow.spec.name for flow in writers if not flow.spec.owns]
    if guests and path != ID and not entry.get("create_only"):
        entry["create_only"] = guests
    values = [flow.leaves().get(path) or flow.fields[path] for flow in writers]
    equivalent = dict.fromkeys(group for value in values for group in value.equivalent)
    if equivalent:
        entry["equivalent"] = [list(group) for group in equivalent]
    return entry
