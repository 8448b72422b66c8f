"""The Clarity API, version 1."""

from starlette.routing import BaseRoute

from sandbox.clarity.routes import routes
from sandbox.clarity.shop import Shop


class Clarity(Shop):
    """The shop behind its API."""

    def routes(self) -> list[BaseRoute]:
        return routes(self)
