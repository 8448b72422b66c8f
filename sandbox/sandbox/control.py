"""The control calls under `/_sandbox/`: no API of anybody, only the sandbox's own levers."""

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import wire
from sandbox.clarity import Clarity
from sandbox.delivery import Manners
from sandbox.streak import Streak
from sandbox.world import World

Answer = dict[str, Any] | list[dict[str, Any]]
Played = TypeVar("Played", Clarity, Streak)
Lever = Callable[[World, Request, bytes], Answer]


def _reset(world: World, request: Request, _body: bytes) -> Answer:
    seed = request.query_params.get("seed", "empty")
    world.reset(seed)
    return {"seed": seed}


def _load(world: World, request: Request, body: bytes) -> Answer:
    events = request.query_params.get("events", "true") != "false"
    return {"loaded": world.load(body.splitlines(), events=events)}


def _remove(world: World, _request: Request, body: bytes) -> Answer:
    given = _object(body)
    world.touch()
    _played(world, Clarity).remove(given["type"], given["id"])
    return {"removed": 1}


def _snapshot(world: World, _request: Request, _body: bytes) -> Answer:
    return world.snapshot()


def _requests(world: World, request: Request, _body: bytes) -> Answer:
    return world.traffic.log.since(int(request.query_params.get("since", "0")))


def _clear_requests(world: World, _request: Request, _body: bytes) -> Answer:
    world.traffic.log.clear()
    return {}


def _faults(world: World, _request: Request, body: bytes) -> Answer:
    rules = wire.decode(body)
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise ValueError("a list of rules is wanted, [] for none")
    world.break_answers(rules)
    return {"rules": len(rules)}


def _limits(world: World, _request: Request, body: bytes) -> Answer:
    settings = _object(body)
    world.traffic.limits.replace(settings)
    return settings


def _clock(world: World, _request: Request, body: bytes) -> Answer:
    for lever, value in (_object(body) if body else {}).items():
        _turn_clock(world, lever, value)
    return {"now": world.clock.now().isoformat().replace("+00:00", "Z"), "scale": world.clock.scale}


def _turn_clock(world: World, lever: str, value: Any) -> None:
    if lever == "set":
        moment = dt.datetime.fromisoformat(value)
        world.clock.set(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC))
    elif lever == "advance":
        world.clock.advance(float(value))
    elif lever == "scale":
        world.clock.speed(float(value))
    elif lever == "reset":
        world.clock.reset()
    else:
        raise ValueError(f"no lever {lever!r}; there are set (instant), advance (seconds), scale (factor), reset")


def _hooks(world: World, _request: Request, body: bytes) -> Answer:
    delivery = world.delivery
    if body:
        delivery.manners = Manners(**{name: _plain(value) for name, value in _object(body).items()})
    counts = {name: getattr(delivery, name) for name in ("pending", "sent", "dropped", "duplicated")}
    return {**asdict(delivery.manners), **counts}


def _streak(world: World, _request: Request, body: bytes) -> Answer:
    return _played(world, Streak).configure(_object(body) if body else {})


def _merge(world: World, _request: Request, body: bytes) -> Answer:
    given = _object(body)
    world.touch()
    _played(world, Streak).merge(given["type"], given["from"], given["into"])
    return {"merged": 1}


def _played(world: World, kind: type[Played]) -> Played:
    for system in world.systems.values():
        if isinstance(system, kind):
            return system
    raise TypeError(f"this sandbox plays no {kind.__name__}")


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _healthz(world: World, _request: Request, _body: bytes) -> Answer:
    return {"systems": sorted(world.systems)}


def _object(body: bytes) -> dict[str, Any]:
    value = wire.decode(body)
    if not isinstance(value, dict):
        raise ValueError("a JSON object is wanted")  # noqa: TRY004 - the caller's mistake, not ours
    return value


LEVERS: tuple[tuple[str, str, Lever], ...] = (
    ("POST", "reset", _reset),
    ("POST", "load", _load),
    ("POST", "remove", _remove),
    ("GET", "snapshot", _snapshot),
    ("GET", "requests", _requests),
    ("POST", "requests/clear", _clear_requests),
    ("POST", "faults", _faults),
    ("POST", "limits", _limits),
    ("POST", "clock", _clock),
    ("GET", "clock", _clock),
    ("POST", "hooks", _hooks),
    ("GET", "hooks", _hooks),
    ("POST", "streak", _streak),
    ("GET", "streak", _streak),
    ("POST", "merge", _merge),
    ("GET", "healthz", _healthz),
)


def routes(world: World) -> list[Route]:
    """All levers, the same on both ports."""
    return [Route(f"/_sandbox/{path}", _endpoint(world, lever), methods=[method]) for method, path, lever in LEVERS]


def _endpoint(world: World, lever: Lever) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            answer, status = lever(world, request, await request.body()), 200
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            answer, status = {"error": str(error)}, 400
        return Response(wire.encode(answer), status, media_type="application/json")

    return endpoint
