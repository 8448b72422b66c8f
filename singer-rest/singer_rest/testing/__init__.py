"""For the tests of targets: an API that does as it is told, and a PostgreSQL server of their own."""

from singer_rest.testing.postgresql import PostgresServer
from singer_rest.testing.scripted_api import Answer, Asked, ScriptedApi

__all__ = ["Answer", "Asked", "PostgresServer", "ScriptedApi"]
