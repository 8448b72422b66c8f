"""Ownership: every property of a target stream has one flow that owns it, and all flows say the same of it."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from mapper_crosswalk.compile.flows import ID, Flow, FlowSpec
from mapper_crosswalk.syntax.expressions import split_template
from mapper_crosswalk.syntax.findings import Findings
from mapper_crosswalk.syntax.grammar import directive_of

NAMED = 4


def check_ownership(flows: Sequence[Flow], findings: Findings) -> None:
    """Note flows that own the same properties of the same records."""
    owners = [flow for flow in flows if flow.spec.owns]
    for first, second in combinations(owners, 2):
        if first.spec.target != second.spec.target or _never_meet(first.spec, second.spec):
            continue
        both = [path for path in second.leaves() if path != ID and path in first.leaves()]
        if both:
            named = ", ".join(both[:NAMED]) + (" …" if len(both) > NAMED else "")
            what = (
                f"owns {named} of {second.spec.target}, as flow '{first.spec.name}' does (line {first.spec.node.line})"
            )
            findings.add(second.spec.node.line, second.spec.name, f"{what}; say owns: false in one of them")


def _never_meet(first: FlowSpec, second: FlowSpec) -> bool:
    """Whether the ids of two flows always differ, because their templates begin or end differently."""
    (start, end), (other_start, other_end) = _id_ends(first), _id_ends(second)
    same_start = start.startswith(other_start) or other_start.startswith(start)
    same_end = end.endswith(other_end) or other_end.endswith(end)
    return not (same_start and same_end)


def _id_ends(spec: FlowSpec) -> tuple[str, str]:
    node = spec.keys["fields"].value.get(ID)
    if node is None or not isinstance(node.value, dict) or directive_of(node) != "template":
        return "", ""
    try:
        literals, _ = split_template(str(node.value["template"].value))
    except ValueError:
        return "", ""
    return literals[0], literals[-1]


def check_sync(flows: Sequence[Flow], findings: Findings) -> None:
    """Note flows that say different things about one property."""
    firsts: dict[tuple[str, str, str], tuple[Any, str]] = {}
    for flow in flows:
        for path, entry in flow.sync.items():
            for name, value in entry.items():
                first, named = firsts.setdefault((str(flow.spec.target), path, name), (value, flow.spec.name))
                if first != value:
                    line = flow.spec.keys["sync"].value[path].line
                    what = f"{name} is {first} in flow '{named}', here it is {value}"
                    findings.add(line, f"{flow.spec.name}.sync.{path}", what)
