"""The mapper as a program between two others: what it waits for, how it ends, what it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Any, cast

from crosswalk_shop import MAPPING, STATE, record, schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def program(path: Path) -> subprocess.Popen[bytes]:
    env = {**os.environ, "MAPPER_CROSSWALK_MAPPING_FILE": str(path)}
    command = [sys.executable, "-m", "mapper_crosswalk", "--config=ENV"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, stderr=pipe)


def ends(mapper: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """Where the mapper reads from, and where it writes to."""
    return cast("IO[bytes]", mapper.stdin), cast("IO[bytes]", mapper.stdout)


def lines(*messages: Any) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


def test_a_record_is_written_while_the_mapper_waits_for_more(write: Callable[[str], Path]) -> None:
    with program(write(MAPPING)) as mapper:
        stdin, stdout = ends(mapper)
        stdin.write(lines(schema(), record()))
        stdin.flush()
        seen = [json.loads(stdout.readline()) for _ in range(7)]
        assert [one["type"] for one in seen] == [*["SCHEMA"] * 4, *["RECORD"] * 3]
        stdin.write(lines(STATE)[:-1])
        stdin.close()
        assert json.loads(stdout.read()) == STATE


def test_sigterm_ends_with_what_was_read(write: Callable[[str], Path]) -> None:
    with program(write(MAPPING)) as mapper:
        stdin, stdout = ends(mapper)
        stdin.write(lines(schema(), record()))
        stdin.flush()
        for _ in range(7):
            stdout.readline()
        mapper.send_signal(signal.SIGTERM)
        rest, _ = mapper.communicate(timeout=20)
        assert (rest, mapper.returncode) == (b"", 0)


def test_a_target_that_is_gone_is_one_line(write: Callable[[str], Path]) -> None:
    with program(write(MAPPING)) as mapper:
        stdin, stdout = ends(mapper)
        assert mapper.stderr is not None
        stdout.close()
        stdin.write(lines(schema(), record()))
        stdin.close()
        said = mapper.stderr.read().decode()
        assert mapper.wait(20) == 1
        assert "Nobody reads what mapper-crosswalk writes" in said
        assert "Traceback" not in said


def test_a_broken_mapping_is_one_line_for_each_mistake_and_no_output(write: Callable[[str], Path]) -> None:
    path = write("flows:\n  a: {from: shop.orders, to: crm.boxes, fields: {externalId: orderIdd, name: numbr}}\n")
    mapper = program(path)
    out, err = mapper.communicate(lines(schema(), record()), timeout=20)
    said = [line for line in err.decode().splitlines() if "mapping.yml:" in line]
    assert (out, mapper.returncode, len(said)) == (b"", 1, 2)
    assert "did you mean 'orderId'?" in said[0]
    assert b"Traceback" not in err


def test_the_mapping_and_its_hash_are_said_first(write: Callable[[str], Path]) -> None:
    path = write(MAPPING)
    mapper = program(path)
    out, err = mapper.communicate(lines(schema()), timeout=20)
    first = json.loads(out.splitlines()[0])
    said = next(line for line in err.decode().splitlines() if "mapping.yml" in line)
    assert first["schema"]["x-mapping-hash"] in said
    assert b"--full-refresh" in err
