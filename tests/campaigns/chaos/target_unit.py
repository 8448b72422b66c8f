"""The target on a plain pipe: killed or told to end at any point, and started again from its last STATE."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from target_run import after, before, not_written
from trap import Trap, traps
from verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign import Report
    from target_run import Target
    from world import World

BLOWS_A_ROUND = 9
END_SECONDS = 120


def shake_target(world: World, blows: Sequence[int], report: Report) -> None:
    """Give all blows, some in each round of the shop's changes; every round ends with a run that nobody disturbs."""
    left, number = list(blows), world.chance.randrange(1000)
    while left:
        world.change()
        lines, written = world.lines(), world.proxy.writes
        for _ in range(BLOWS_A_ROUND):
            trap = traps(world.chance, number, world.steps)
            number += 1
            target, struck = _struck(world, lines, trap, left[0])
            report.add(_look(world, target, lines))
            lines = after(lines, target.state())
            if struck:
                report.blow(signal.Signals(left.pop(0)).name.replace("SIGKILL", "kill"), str(trap))
            if not left or not struck:
                break
        if struck:
            report.add(_undisturbed(world, lines))
        report.add(world.judge(), world.proxy.writes - written)


def _struck(world: World, lines: list[bytes], trap: Trap, blow: int) -> tuple[Target, bool]:
    """Run the target into the trap; False when it ended without meeting it."""
    world.proxy.arm(None)
    target = world.target(lines, max_pending=world.chance.choice((10, 40, 1000)))
    if blow != signal.SIGKILL:
        trap.moment = "after"
    world.proxy.arm(trap, lambda: target.process.send_signal(blow))
    ended = target.ends_within(END_SECONDS)
    struck = world.proxy.sprung.is_set()
    world.proxy.arm(None)
    if not ended:
        target.problems.append(f"did not end in {END_SECONDS} s, {trap}")
    elif target.process.returncode not in ({0, -blow} if struck else {0}):
        target.problems.append(f"ended with {target.process.returncode}, {trap}")
    return target, struck


def _undisturbed(world: World, lines: list[bytes]) -> Verdict:
    target = world.target(lines)
    if not target.ends_within(END_SECONDS) or target.process.returncode:
        target.problems.append(f"the undisturbed run ended with {target.process.returncode}")
    return _look(world, target, lines)


def _look(world: World, target: Target, lines: list[bytes]) -> Verdict:
    """Check after each run that STATE is not ahead of what is written, and that the run ended as it should."""
    verdict, state = Verdict(), target.state()
    if state is not None:
        world.state = state
        missing = not_written(world.ledger(), before(lines, state))
        verdict.ahead += len(missing)
        verdict.findings += missing
    verdict.orphans += len(target.problems)
    verdict.findings += [f"{target.log}: {problem}" for problem in target.problems]
    return verdict
