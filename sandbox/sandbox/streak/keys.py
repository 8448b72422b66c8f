"""Streak's keys: unpadded URL-safe base64, of App Engine datastore references but for contacts and organizations."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import TypeAlias

PathPart: TypeAlias = "tuple[str, int | str]"

APP = b"s~mailfoogae"
OTHER_APP = b"e~crm-2027"
DOMAIN = "sandbox-sales.example"
FIRST_ID = 5629499534213120
STRIDE = 281474976711  # spreads ids as the datastore does, so that nobody takes them for a sequence

# Team, Workflow, User and TeamContact are what real keys decode to; the other kinds are guesses.
KINDS: dict[str, tuple[str, bool]] = {  # noun: (kind, below the organization's domain)
    "teams": ("Team", False),
    "users": ("User", True),
    "pipelines": ("Workflow", True),
    "boxes": ("Case", True),
    "contacts": ("TeamContact", False),
    "organizations": ("TeamOrganization", False),
    "tasks": ("Task", True),
    "comments": ("Comment", True),
    "meetings": ("Meeting", True),
    "files": ("File", True),
    "threads": ("Thread", True),
    "snippets": ("Snippet", True),
    "webhooks": ("Webhook", True),
    "newsfeed": ("NewsfeedEntry", True),
    "apikeys": ("ApiKey", True),
}


LONG_IDS = frozenset({"contacts", "organizations"})
"""Nouns whose keys are of another form: that of contacts is a real one's, organizations probably have it, too."""


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def element(kind: str, name: int | str) -> bytes:
    encoded = kind.encode()
    label = b'"' + bytes([len(name)]) + name.encode() if isinstance(name, str) else b"\x18" + varint(name)
    return b"\x0b\x12" + bytes([len(encoded)]) + encoded + label + b"\x0c"


def datastore_key(*path: PathPart) -> str:
    """Encode a path such as ("Team", 5629499534213120)."""
    return _reference(APP, path)


def _reference(app: bytes, path: tuple[PathPart, ...]) -> str:
    elements = b"".join(element(kind, name) for kind, name in path)
    reference = b"\x6a" + bytes([len(app)]) + app + b"\x72" + bytes([len(elements)]) + elements
    return urlsafe_b64encode(reference).rstrip(b"=").decode()


def key_of(noun: str, number: int, *, other_prefix: bool = False) -> str:
    """The key of the `number`th record made, the same in every run; `other_prefix`: of another application."""
    kind, below_domain = KINDS[noun]
    own: PathPart = (kind, FIRST_ID + number * STRIDE)
    if noun in LONG_IDS:
        return (
            urlsafe_b64encode(f"{'Other' * other_prefix}{kind},~~streaklongid~~{own[1]}".encode()).rstrip(b"=").decode()
        )
    path = (("Organization", DOMAIN), own) if below_domain else (own,)
    return _reference(OTHER_APP if other_prefix else APP, path)
