"""Slow, huge and broken clients disturb nobody."""

from __future__ import annotations

import select
import socket
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from running_receiver import order_body, signed, unique

if TYPE_CHECKING:
    from running_receiver import Receiver

HALF_A_HEAD = b"POST /hooks/clarity/shop HTTP/1.1\r\nHost: x\r\nX-Slow: "
HALF_A_BODY = b"POST /hooks/clarity/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
NOT_YET = b"\r\n"
MEBIBYTE = 1024 * 1024


def connection(receiver: Receiver, sent: bytes = b"") -> socket.socket:
    parts = urlsplit(receiver.hooks)
    client = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)
    client.sendall(sent)
    return client


def answer(client: socket.socket) -> bytes:
    """Everything until the server hangs up."""
    heard = b""
    with client, suppress(ConnectionResetError):
        while piece := client.recv(65536):
            heard += piece
    return heard


def test_four_hundred_slow_clients_are_hung_up_on_and_honest_ones_served(own_receiver: Receiver) -> None:
    began = time.monotonic()
    kinds = [(HALF_A_HEAD, b"x")] * 150 + [(HALF_A_BODY, b"x")] * 150 + [(b"", b"")] * 50 + [(NOT_YET, NOT_YET)] * 50
    slow = {connection(own_receiver, sent): more for sent, more in kinds}
    slowest, served = 0.0, 0
    while slow:
        asked_at = time.monotonic()
        assert own_receiver.order(unique("order")) == 200
        slowest, served = max(slowest, time.monotonic() - asked_at), served + 1
        for client in select.select(list(slow), [], [], 0.05)[0]:
            assert answer(client) == b""
            del slow[client]
        for client, more in slow.items():
            trickle(client, more)
        assert time.monotonic() - began < 150
    took = time.monotonic() - began
    sys.stdout.write(f"{len(kinds)} hung up on in {took:.1f} s, {served} served, slowest {slowest * 1000:.0f} ms\n")
    assert took > 5


def trickle(client: socket.socket, more: bytes) -> None:
    """A byte now and then is no reason to wait longer."""
    with suppress(OSError):
        client.send(more)


def test_the_end_does_not_wait_for_slow_clients(own_receiver: Receiver) -> None:
    slow = [connection(own_receiver, sent) for sent in (HALF_A_HEAD, HALF_A_BODY, b"", NOT_YET)]
    assert own_receiver.order(unique("order")) == 200
    assert own_receiver.stop() == 0
    assert [answer(client) for client in slow] == [b""] * 4
    assert "graceful shutdown exceeded" not in "".join(own_receiver.log)


def test_a_head_without_an_end_is_cut_off(receiver: Receiver) -> None:
    with connection(receiver, HALF_A_HEAD) as client, pytest.raises(OSError, match=r"reset|Broken pipe"):
        client.sendall(b"x" * 64 * MEBIBYTE)
    assert receiver.order(unique("order")) == 200


def test_trailers_without_an_end_are_cut_off(receiver: Receiver) -> None:
    begun = HALF_A_HEAD + b"x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"
    with connection(receiver, begun) as client, pytest.raises(OSError, match=r"reset|Broken pipe"):
        client.sendall((b"X-More: " + b"x" * 65536 + b"\r\n") * 1000)


def test_a_client_that_leaves_is_no_trouble(receiver: Receiver) -> None:
    for sent in (b"", NOT_YET, HALF_A_HEAD, HALF_A_BODY, HALF_A_BODY[:-1]):
        connection(receiver, sent).close()
    assert receiver.order(unique("order")) == 200


def test_requests_in_a_row_on_one_connection_are_all_answered(receiver: Receiver) -> None:
    requests = b""
    for number in range(20):
        body = order_body(unique("order"))
        headers = signed(body, unique("msg")) | {"Host": "x", "Content-Length": str(len(body))}
        headers |= {"Connection": "close"} if number == 19 else {}
        lines = [
            b"POST /hooks/clarity/shop HTTP/1.1",
            *(f"{name}: {value}".encode() for name, value in headers.items()),
        ]
        requests += b"\r\n".join([*lines, b"", body])
    before = len(receiver.told("clarity"))
    with connection(receiver, requests) as client:
        assert answer(client).count(b"HTTP/1.1 200 OK") == 20
    assert len(receiver.told("clarity")) == before + 20


def test_an_answer_before_the_body_leaves_the_connection_usable(receiver: Receiver) -> None:
    refused = b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
    with connection(receiver, refused) as client:
        assert client.recv(65536).startswith(b"HTTP/1.1 404")
        client.sendall(b"12345")
        time.sleep(0.2)
        client.sendall(refused + b"12345")
        assert answer(client).count(b"HTTP/1.1 404") == 1  # and it is hung up on when nothing more comes


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"POST /hooks/clarity/shop HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /hooks/clarity/shop HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /hooks/clarity/shop HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /hooks/%ff%00/\xff HTTP/1.1\r\n\r\n",
        b"CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"POST /hooks/clarity/shop HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n",
        b"POST http://[:/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(receiver: Receiver, sent: bytes) -> None:
    with connection(receiver, sent) as client:
        client.shutdown(socket.SHUT_WR)
        assert answer(client)[:10] in (b"", b"HTTP/1.1 4")
