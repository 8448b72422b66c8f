"""For the tests of plugins: an API that does as it is told, and a PostgreSQL server of their own."""

from singer_rest.testing.postgresql import PostgresServer
from singer_rest.testing.scripted_api import Answer, ApiByPath, Asked, ScriptedApi

__all__ = ["Answer", "ApiByPath", "Asked", "PostgresServer", "ScriptedApi"]
