"""Spells: a service is away for seconds, the database is killed, the clock jumps, all functions die."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.chaos.people import World
from benchmarks.chaos.services import Services, move_clock
from benchmarks.chaos.weather import AWS, POSTGRES, STRIPE, Weather

_AWAY: Final = (1.0, 4.0)  # seconds
_THROTTLING: Final = 3.0
_JUMPS: Final = (1.0, 5.0)  # hours


@dataclass(frozen=True, slots=True)
class Spell:
    """One kind; `cast` returns when it is over."""

    name: str
    cast: Callable[[Services, Weather, World, random.Random], None]


def _away(service: str) -> Spell:
    def cast(services: Services, _weather: Weather, _world: World, chance: random.Random) -> None:
        services.proxies[service].down()
        time.sleep(chance.uniform(*_AWAY))
        services.proxies[service].up()

    return Spell(f"{service} out of reach", cast)


def _throttling(name: str) -> Spell:
    def cast(_services: Services, weather: Weather, _world: World, _chance: random.Random) -> None:
        weather.closed[name] = time.monotonic() + _THROTTLING
        time.sleep(_THROTTLING)

    return Spell(f"{name} answers 429, 500, 503", cast)


def _crash(services: Services, _weather: Weather, _world: World, _chance: random.Random) -> None:
    if services.server is not None:
        services.server.crash()
        services.url = services.server.running.url("chaos")
        services.proxies[POSTGRES].settings.port = services.server.running.port


def _massacre(services: Services, _weather: Weather, _world: World, chance: random.Random) -> None:
    for _ in range(3):
        services.functions.kill_one(chance)


def _jump(services: Services, _weather: Weather, world: World, chance: random.Random) -> None:
    world.jumps.append(time.monotonic())
    move_clock(services, 3600 * chance.uniform(*_JUMPS))


def _return(services: Services, _weather: Weather, world: World, _chance: random.Random) -> None:
    world.jumps.append(time.monotonic())
    move_clock(services, 0)


CRASH: Final = Spell("PostgreSQL killed and started", _crash)
MASSACRE: Final = Spell("three functions killed at once", _massacre)
SHORT: Final = (_away(POSTGRES), _away(AWS), MASSACRE)
ALL: Final = (
    *(_away(service) for service in (POSTGRES, AWS, STRIPE)),
    *(_throttling(name) for name in ("sqs", "s3", "ses", STRIPE)),
    CRASH,
    MASSACRE,
    Spell("the clock jumps ahead by hours", _jump),
    Spell("the clock jumps back", _return),
)
