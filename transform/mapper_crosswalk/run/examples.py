"""Examples beside a mapping: given, expected and rejected records by stream."""

import logging
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from singer_rest import Findings, Node, suggest

from mapper_crosswalk.check.mapping import Mapping, load_mapping
from mapper_crosswalk.run.crosswalk import Crosswalk
from mapper_crosswalk.run.output import REJECTED
from mapper_crosswalk.syntax.document import read_document
from mapper_crosswalk.syntax.grammar import Shape, read_keys

EXAMPLE: Shape = {
    "properties": {
        "name": {"type": "string"},
        "given": {"type": "object"},
        "expect": {"type": "object"},  # only what is listed is compared
        "rejected": {},  # path, and a part of the reason
    },
    "required": ["name", "given"],
}
NO_LOG = logging.getLogger("mapper-crosswalk.examples")


@dataclass(frozen=True, slots=True)
class Outcome:
    """An example and where its records differ."""

    name: str
    line: int
    differences: tuple[str, ...]


def examples_file(mapping_file: Path) -> Path:
    """Return the file beside a mapping that holds its examples."""
    return mapping_file.with_name(f"{mapping_file.stem}.test.yml")


def run_examples(mapping_file: Path) -> list[Outcome]:
    """Run the examples of a mapping. Raises DocumentError when either file is broken."""
    NO_LOG.disabled = True
    mapping = load_mapping(mapping_file)
    path = examples_file(mapping_file)
    document = read_document(path)
    findings = Findings(path.name)
    if not isinstance(document.value, list):
        findings.add(1, "", "must be a list of examples with name, given, expect")
        findings.stop_if_any()
    outcomes = [_run(mapping, node, findings) for node in document.value]
    findings.stop_if_any()
    return outcomes


def _run(mapping: Mapping, node: Node, findings: Findings) -> Outcome:
    keys = read_keys(node, EXAMPLE, "", findings)
    name = str(keys["name"].value) if "name" in keys else "an example without name"
    given = _given(mapping, keys["given"], name, findings) if "given" in keys else {}
    produced = _produce(mapping, given)
    expected = keys["expect"].plain() if "expect" in keys else {}
    differences: list[str] = []
    targets = dict.fromkeys(spec.target.name for spec in mapping.specs)
    for written, records in expected.items():
        stream = written.rpartition(".")[2]
        if stream not in targets:
            findings.add(keys["expect"].line, name, f"no flow writes '{written}'{suggest(stream, targets)}")
        differences += _compare(stream, records or [], produced.get(stream, []))
    rejected = keys["rejected"].plain() if "rejected" in keys else []
    differences += _compare(REJECTED, rejected, produced.get(REJECTED, []))
    return Outcome(name, node.line, tuple(differences))


def _given(mapping: Mapping, node: Node, name: str, findings: Findings) -> dict[str, list[Any]]:
    """Check that what is given exists at all: a misspelled field would test nothing."""
    given: dict[str, list[Any]] = {}
    for written, records in node.value.items():
        stream = written.rpartition(".")[2]
        given[stream] = records.plain() or []
        specs = mapping.reading(stream)
        known = specs[0].source_type.properties if specs else None
        if not specs:
            names = dict.fromkeys(spec.source.name for spec in mapping.specs)
            findings.add(records.line, name, f"no flow reads '{written}'{suggest(stream, names)}")
        for record in records.value if known and isinstance(records.value, list) else ():
            for field, value in record.value.items() if isinstance(record.value, dict) else ():
                if field not in (known or ()) and not field.startswith("_"):
                    findings.add(value.line, name, f"{written} has no field '{field}'{suggest(field, known or ())}")
    return given


def _produce(mapping: Mapping, given: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Map the given records as if a tap had sent them, with the schemas of the mapping's systems."""
    crosswalk = Crosswalk(mapping, NO_LOG)
    produced: dict[str, list[Any]] = {}
    for stream, records in given.items():
        for record in records:
            for message in crosswalk.example(stream, record):
                produced.setdefault(message["stream"], []).append(message["record"])
    return produced


def _compare(stream: str, expected: list[Any], produced: list[Any]) -> list[str]:
    if len(expected) != len(produced):
        made = "; ".join(str(record.get("reason") or record.get("externalId")) for record in produced)
        return [f"{stream}: {len(expected)} expected, {len(produced)} made{': ' + made if made else ''}"]
    pairs = zip(expected, produced, strict=True)
    return [line for at, (want, got) in enumerate(pairs) for line in _differ(f"{stream}[{at}]", want, got)]


def _differ(where: str, want: Any, got: Any) -> list[str]:
    if isinstance(want, dict) and isinstance(got, dict):
        return [line for name, value in want.items() for line in _differ(f"{where}.{name}", value, got.get(name))]
    if isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
        return [line for at, value in enumerate(want) for line in _differ(f"{where}[{at}]", value, got[at])]
    if where.endswith(".reason") and isinstance(got, str) and str(want) in got:
        return []
    numbers = isinstance(want, (int, Decimal)) and isinstance(got, (int, Decimal))
    if want == got and (numbers or type(want) is type(got)):
        return []
    return [f"{where}: expected {_shown(want)}, made {_shown(got)}"]


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value) if isinstance(value, Decimal) else repr(value)
