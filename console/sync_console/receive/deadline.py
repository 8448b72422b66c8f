"""The HTTP protocol of both servers: a client whose request is not there whole after 10 seconds is hung up on."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

RECEIPT_SECONDS = 10
MAX_BYTES_BESIDE_BODY = 256 * 1024


class DeadlineProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which by itself waits for ever for the rest of a request and keeps headers of any size."""

    _deadline: asyncio.TimerHandle | None = None
    _bytes_beside_body = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Wait for the first request."""
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        """Parse the bytes; after an answer they begin another request."""
        if self.cycle is None or self.cycle.response_complete:
            self._await_request()
        self._bytes_beside_body += len(data)
        super().data_received(data)
        if self._bytes_beside_body > MAX_BYTES_BESIDE_BODY:
            self.transport.close()

    def on_message_begin(self) -> None:
        """Wait for the rest of this request."""
        super().on_message_begin()
        self._await_request()

    def on_body(self, body: bytes) -> None:
        """Leave bodies to the app's own limit."""
        self._bytes_beside_body -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop waiting: all is here."""
        super().on_message_complete()
        self._bytes_beside_body = 0
        self._stop_waiting()
        if self.cycle.response_complete:  # answered before all was read: uvicorn would wait for more without an end
            self._unset_keepalive_if_required()
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Finish what is here whole, as the program ends; hang up on the rest."""
        if self._deadline is not None:
            self.transport.close()
        else:
            super().shutdown()

    def _await_request(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(RECEIPT_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
