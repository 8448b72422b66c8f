"""How one shop is spoken to: paths, names, paging, login, writes and webhooks, as its site profile says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from singer_rest import DocumentError, Findings

from clarity_api.profile_file import DEFAULT, STREAMS, Entry, fatal, overlaid, read_profile
from clarity_api.renames import Renames

KEYS = {
    "customers": "customerId",
    "products": "productId",
    "orders": "orderId",
    "payments": "paymentId",
    "invoices": "invoiceId",
    "notes": "noteId",
}
UPDATED = "updatedAt"
# the stream whose records a write is about, whose names it has unless it says otherwise
SUBJECTS = {
    "update_order": "orders",
    "create_customer": "customers",
    "update_customer": "customers",
    "create_note": "notes",
    "create_invoice": "invoices",
    "update_invoice": "invoices",
}
# what each style of paging can't do without
NEEDS = {
    "keyset": ("after",),
    "page_index": ("page",),
    "page_number": ("page",),
    "offset": ("offset",),
    "cursor": ("cursor", "next"),
}
SETTINGS = ("api_key", "client_id", "client_secret", "scope")


class Section:
    """A part of a profile: its values by name, and where each is written."""

    def __init__(self, entries: Mapping[str, Entry], place: str) -> None:
        """Take the entries, and the place of the whole."""
        self._entries, self._place = entries, place

    def __getitem__(self, name: str) -> Any:
        """The value of a name, None where nothing is said."""
        entry = self._entries.get(name)
        return None if entry is None else entry.plain()

    def place(self, name: str = "") -> str:
        """Where a name is written, or the whole where it is not."""
        entry = self._entries.get(name)
        return entry.place if entry else self._place


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list goes on: the style, and its parameters by what they are for."""

    style: str
    parameters: Mapping[str, str]
    next: str
    most: int | None

    def __getitem__(self, name: str) -> str:
        """The parameter that is for this."""
        return self.parameters[name]


@dataclass(frozen=True, slots=True)
class Since:
    """How a list is asked for what changed since an instant."""

    parameter: str
    format: str
    exclusive: bool


class StreamProfile:
    """How one list is read."""

    def __init__(self, name: str, entries: Mapping[str, Entry], place: str) -> None:
        """Take the entries, those of `every` among them."""
        section = self._section = Section(entries, place)
        self.name, self.key = name, KEYS[name]
        self.path: str = section["path"] or ""
        self.single: str | None = section["single"] if "single" in entries else f"{self.path}/{{id}}"
        self.rows: str = section["rows"] or ""
        self.record: str = section["record"] or ""
        self.total: str | None = section["total"]
        self.more: str | None = section["more"]
        self.order: str = section["order"] or "none"
        self.query: dict[str, Any] = section["query"] or {}
        self.by_ids: dict[str, Any] | None = section["by_ids"]
        self.by_email: str | None = section["by_email"]
        since, paging = section["since"], section["paging"] or {"style": "page_index", "page": "page"}
        self.resumes = bool(since) and self.order == "updated"
        """Whether a list begins where one says and comes in the order of changes: then a bookmark may follow its rows.

        Otherwise it is read to its end first, and the bookmark stays before the beginning of the reading.
        """
        self.since = since and Since(since["parameter"], since.get("format", "iso"), bool(since.get("exclusive")))
        named = {key: value for key, value in paging.items() if key not in {"style", "most", "next"}}
        self.paging = Paging(paging["style"], named, paging.get("next", ""), paging.get("most"))
        fields = {self.key: section["id"] or self.key, UPDATED: section["updated"] or UPDATED}
        self.fields: dict[str, str | None] = {**fields, **(section["fields"] or {})}
        self.forms: dict[str, str] = section["forms"] or {}
        plain = not self.forms and all(name == site for name, site in self.fields.items())
        # ids are texts, whatever a shop makes of them
        self._renames = None if plain else Renames(self.fields, {self.key: "integer", **self.forms})

    @property
    def fetches(self) -> bool:
        """Whether records can be had by their ids."""
        return bool(self.by_ids or self.single)

    def place(self, name: str = "") -> str:
        """Where the profile says this."""
        return self._section.place(name)

    def to_contract(self, row: dict[str, Any]) -> dict[str, Any]:
        """A row in the contract's names and forms."""
        return self._renames.to_contract(row) if self._renames else row

    def all_to_contract(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows in the contract's names and forms; themselves where those are the shop's."""
        return list(map(self._renames.to_contract, rows)) if self._renames else rows


class Write:
    """How one kind of record is written."""

    def __init__(self, name: str, entries: Mapping[str, Entry], place: str, subject: StreamProfile | None) -> None:
        """Take the entries, and how its stream is read."""
        section = self._section = Section(entries, place)
        self.name = name
        self.method: str = section["method"] or "POST"
        self.path: str = section["path"]
        self.wrap: str = section["wrap"] or ""
        self.record: str | None = section["record"] if "record" in entries else (subject.record if subject else "")
        self.idempotency_key: str | None = section["idempotency_key"]
        self.if_match: str | None = section["if_match"]
        self.exists: dict[str, Any] | None = section["exists"]
        fields = {**(subject.fields if subject else {}), **(section["fields"] or {})}
        self._renames = Renames(fields, {**(subject.forms if subject else {}), **(section["forms"] or {})})
        self._answers = subject

    @property
    def missing(self) -> frozenset[str]:
        """The properties that the shop does not take."""
        return self._renames.missing

    def place(self, name: str = "") -> str:
        """Where the profile says this."""
        return self._section.place(name)

    def body(self, values: dict[str, Any]) -> dict[str, Any]:
        """What is sent for these values."""
        body = self._renames.to_site(values)
        return {self.wrap: body} if self.wrap else body

    def to_contract(self, row: dict[str, Any]) -> dict[str, Any]:
        """A record that a write answered with, in the contract's names and forms."""
        return self._answers.to_contract(row) if self._answers else self._renames.to_contract(row)


class SiteProfile:
    """A whole profile."""

    def __init__(self, root: Entry, findings: Findings) -> None:
        """Take the entries. FatalRunError for what does not fit together."""
        self._root, self.file = root, root.file
        every = root.value.get("every")
        given: Mapping[str, Entry] = root.value["streams"].value if "streams" in root.value else {}
        self.streams = {
            name: StreamProfile(name, overlaid(every, given[name]), given[name].place)
            for name in STREAMS
            if name in given and given[name].is_map
        }
        self._notes = StreamProfile("notes", overlaid(_for_notes(every)), root.place)
        writes: Mapping[str, Entry] = root.value["writes"].value if "writes" in root.value else {}
        self._writes = {
            name: Write(name, entry.value, entry.place, self.streams.get(SUBJECTS[name], self._notes))
            for name, entry in writes.items()
            if entry.is_map
        }
        self.login: dict[str, Any] = self.section("login").plain()
        self.headers: dict[str, str] = self.section("headers").plain()
        self._check(findings)
        if findings.entries:
            raise fatal(DocumentError(findings.entries), findings.file)

    def section(self, name: str) -> Entry:
        """A part of the profile; empty where it says nothing."""
        return self._root.value.get(name) or Entry({}, self._root.line, self.file)

    def place(self, name: str) -> str:
        """Where a part is written."""
        return self.section(name).place

    def write(self, name: str) -> Write | None:
        """How a kind of record is written; None where the shop does not take it."""
        return self._writes.get(name)

    def _check(self, findings: Findings) -> None:
        for name, stream in self.streams.items():
            entries = self._root.value["streams"].value[name]
            for problem, key in _problems(stream):
                findings.add(entries.value.get(key, entries).line, f"streams.{name}", problem)
        for name, write in self._writes.items():
            entry = self._root.value["writes"].value[name]
            if not write.path:
                findings.add(entry.line, f"writes.{name}", "'path' is missing")
            elif "{id}" not in write.path and (name.startswith("update") or name == "create_note"):
                findings.add(entry.value["path"].line, f"writes.{name}", "the path must have {id}")
        self._check_login(findings)
        signature = self.section("webhooks").value and self.section("webhooks").value.get("signature")
        if signature and signature.value["scheme"].value != "standard_webhooks" and "header" not in signature.value:
            findings.add(signature.line, "webhooks.signature", "'header' is missing")

    def _check_login(self, findings: Findings) -> None:
        login = self.section("login")
        if not login.value:
            findings.add(login.line, "login", "is missing: header, client_credentials or password_token")
        if token := login.value.get("password_token"):
            body = token.value["body"]
            if "{client_secret}" not in "".join(str(entry.value) for entry in body.value.values()):
                what = "no {client_secret}: a password stands in the settings, never in a profile"
                findings.add(body.line, "login.password_token.body", what)


def load_profile(config: Mapping[str, Any]) -> SiteProfile:
    """The profile that the setting `site_profile` names. FatalRunError with every mistake in it, each with its line."""
    return SiteProfile(*read_profile(str(config.get("site_profile") or DEFAULT)))


def _for_notes(every: Entry | None) -> Entry | None:
    """What `every` says that notes, which have no list, share."""
    if every is None:
        return None
    return Entry(
        {name: every.value[name] for name in ("record", "id", "fields", "forms") if name in every.value}, 0, ""
    )


def _problems(stream: StreamProfile) -> list[tuple[str, str]]:
    """What does not fit together, and the key that it is about."""
    problems = []
    if not stream.path:
        problems.append(("'path' is missing", "path"))
    style = stream.paging.style
    missing = [
        name
        for name in NEEDS[style]
        if name not in stream.paging.parameters and not (name == "next" and stream.paging.next)
    ]
    if missing:
        problems.append((f"paging by {style} needs {' and '.join(missing)}", "paging"))
    if style.startswith("page") and "size" not in stream.paging.parameters and not stream.paging.most:
        problems.append((f"paging by {style} needs the parameter `size`, or `most` rows that every page has", "paging"))
    if style == "keyset" and not stream.resumes:
        problems.append(("paging by keyset needs `since`, and `order: updated`", "paging"))
    for contract, site in stream.fields.items():
        if site is not None and contract.count("[]") != site.count("[]"):
            problems.append((f"{contract}: {site} goes into a list on one side only", "fields"))
    return problems
