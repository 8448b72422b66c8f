"""The ledger of what was written where."""

from singer_rest.ledger.content import canonical, content_hash
from singer_rest.ledger.leases import Held
from singer_rest.ledger.ledger import Ledger
from singer_rest.ledger.values import Binding, Conflict, Content, Intent, Known, Letter, Link, Run

__all__ = [
    "Binding",
    "Conflict",
    "Content",
    "Held",
    "Intent",
    "Known",
    "Ledger",
    "Letter",
    "Link",
    "Run",
    "canonical",
    "content_hash",
]
