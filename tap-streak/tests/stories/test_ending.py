"""The tap ends cleanly when it is told to, and when nobody reads it any more."""

from typing import Any


def test_sigterm_leaves_whole_lines_and_a_state_that_resumes(runs: Any, crm: Any, tmp_path: Any) -> None:
    made = crm.boxes(600, notes="x" * 1000)
    # the pipe is full when the signal comes: nobody has read more than these lines
    output = runs.terminated(tmp_path, 260)
    seen = set(output.keys())
    assert 100 <= len(seen) < 600
    assert seen | set(runs.sync("boxes", state=output.state).keys()) == {box["key"] for box in made}


def test_a_reader_that_has_gone_ends_the_tap_without_fuss(runs: Any, crm: Any, tmp_path: Any) -> None:
    crm.boxes(600, notes="x" * 1000)
    code, log = runs.deserted(tmp_path)
    assert (code, "Traceback" in log) == (1, False)
