"""A site profile as it is written: read, checked against its JSON Schema, and laid over the one that it extends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from singer_rest import DocumentError, FatalRunError, Findings, Node, near, read_document, suggest

FOLDER = Path(__file__).with_name("profiles")
SHIPPED = ("contract-v1", "page-index")
DEFAULT = SHIPPED[0]
STREAMS = ("customers", "products", "orders", "payments", "invoices")
WRITES = ("update_order", "create_customer", "update_customer", "create_note", "create_invoice", "update_invoice")
# what is laid over the extended profile's key by key; everything else replaces it
PARTS = ("headers", "every", "streams", "writes", "webhooks", "fields", "forms", "query", "names", "ids")
MERGED = frozenset({*PARTS, *STREAMS, *WRITES})
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Entry:
    """A value of a profile, or its entries, and where it is written."""

    value: Any
    line: int
    file: str

    @property
    def place(self) -> str:
        """File and line, as messages name them."""
        return f"site_profile {self.file}:{self.line}"

    def plain(self) -> Any:
        """The value without places."""
        return {name: entry.plain() for name, entry in self.value.items()} if self.is_map else self.value

    @property
    def is_map(self) -> bool:
        """Whether it has entries."""
        return isinstance(self.value, dict)


def read_profile(name: str) -> tuple[Entry, Findings]:
    """The entries of a shipped profile, or of the file at a path; and where to note what else is wrong with it.

    Raises FatalRunError with every mistake, each with its line.
    """
    path = FOLDER / f"{name}.yml" if name in SHIPPED else Path(name)
    if name not in SHIPPED and not path.suffix and not path.exists():
        raise FatalRunError(f"site_profile: {name!r} is neither shipped nor a file{suggest(name, SHIPPED)}")
    findings = Findings(f"site_profile {path.name if name in SHIPPED else name}")
    try:
        node = read_document(path, lambda text: yaml.compose(text, Loader=_Loader), yaml.YAMLError)
        _check(node, findings)
        findings.stop_if_any()
    except DocumentError as error:
        raise fatal(error, findings.file) from None
    own = _entry(node, findings.file.removeprefix("site_profile "))
    base = own.value.get("extends")
    if base is None:
        return own, findings
    if base.value not in SHIPPED:
        findings.add(base.line, "extends", f"takes a shipped profile{suggest(str(base.value), SHIPPED)}")
        raise fatal(DocumentError(findings.entries), findings.file)
    return _over(_under(read_profile(base.value)[0], own.value.get("every")), own), findings


def _under(base: Entry, every: Entry | None) -> Entry:
    """The extended profile where `every` of the other holds for each of its streams."""
    if every is None:
        return base
    streams = base.value["streams"]
    laid = {name: _over(stream, every) for name, stream in streams.value.items()}
    return Entry({**base.value, "streams": Entry(laid, streams.line, streams.file)}, base.line, base.file)


def fatal(error: DocumentError, file: str) -> FatalRunError:
    """What stops the program: all mistakes on one line."""
    return FatalRunError("; ".join(f"{file}:{_said(finding)}" for finding in error.findings))


def _said(finding: Any) -> str:
    return f"{finding.line}: {finding.where}: {finding.what}" if finding.where else f"{finding.line}: {finding.what}"


def _entry(node: Node, file: str) -> Entry:
    if isinstance(node.value, dict):
        return Entry({name: _entry(inner, file) for name, inner in node.value.items()}, node.line, file)
    return Entry(node.plain(), node.line, file)


def _over(base: Entry, own: Entry, *, deep: bool = True) -> Entry:
    """The own entries over those of the base; what is in MERGED goes on so, everything else replaces."""
    if not (deep and base.is_map and own.is_map):
        return own
    merged = dict(base.value)
    for name, entry in own.value.items():
        known = merged.get(name)
        merged[name] = _over(known, entry, deep=name in MERGED) if known else entry
    return Entry(merged, own.line, own.file)


def overlaid(*entries: Entry | None) -> dict[str, Entry]:
    """The entries of some maps of one kind as one, the later ones over the earlier."""
    merged = Entry({}, 0, "")
    for entry in entries:
        if entry is not None and entry.is_map:
            merged = _over(merged, entry)
    value: dict[str, Entry] = merged.value
    return value


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(Path(__file__).with_name("profile.schema.json").read_text("utf-8")))


def _check(node: Node, findings: Findings) -> None:
    for error in _validator().iter_errors(node.plain()):
        place, where = _at(node, error.absolute_path)
        for line, what in _mistakes(place, error):
            findings.add(line, where, what)


def _at(node: Node, path: Any) -> tuple[Node, str]:
    """The node that an error is about, and its dotted place."""
    for step in path:
        node = node.value[step]
    return node, ".".join(map(str, path))


def _mistakes(node: Node, error: Any) -> Iterator[tuple[int, str]]:
    """Line and words of each mistake that one error of the schema is."""
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        for name in node.value.keys() - known.keys():
            yield node.value[name].line, f"unknown key '{name}'{suggest(name, known)}"
    elif error.validator == "required":
        for name in error.validator_value:
            if name not in node.value:
                yield node.line, f"'{name}' is missing"
    elif error.validator == "enum":
        allowed = [str(word) for word in error.validator_value]
        meant = near(str(node.value), allowed)
        yield node.line, f"must be {' or '.join(allowed)}" + (f", did you mean '{meant}'?" if meant else "")
    elif error.validator == "type":
        kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        yield node.line, f"must be {' or '.join(KINDS[kind] for kind in kinds)}"
    elif error.validator == "pattern":
        yield (
            node.line,
            f"{node.value!r} is not written like {SAMPLES.get(error.validator_value, error.validator_value)}",
        )
    else:
        yield node.line, error.message


KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a mapping",
    "null": "null",
    "array": "a list",
}
SAMPLES = {
    "^/": "/path",
    "^/.*\\{id\\}": "/path/{id}",
    "^[A-Za-z0-9-]+$": "the name of a header",
    "\\{body\\}": "{timestamp}.{body}",
}
