"""The ledger of what was written where."""

from singer_rest.ledger.clock import is_far
from singer_rest.ledger.content import canonical, content_hash
from singer_rest.ledger.leases import Held
from singer_rest.ledger.ledger import Ledger
from singer_rest.ledger.values import Binding, Conflict, Content, DeadLetter, Intent, Known, Link, Run

__all__ = [
    "Binding",
    "Conflict",
    "Content",
    "DeadLetter",
    "Held",
    "Intent",
    "Known",
    "Ledger",
    "Link",
    "Run",
    "canonical",
    "content_hash",
    "is_far",
]
