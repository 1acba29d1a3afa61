"""The whole table of rights, read through the edge in mixed order: nobody is told what they may not see."""

import random
from collections.abc import Iterator

import pytest

from chalicelib import entrypoints  # noqa: F401 - declares what nouns listen to
from chalicelib.resources import REGISTRY
from tests.edge.replay import Replay, sell_to_guests
from tests.edge.staged import without_people, written_here
from tests.edge.varnish import Asking, Varnish, in_front_of
from tests.permissions import stage as stages
from tests.support.running_system import RunningSystem

SEED = 22


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSystem]:
    """A system without people and events, which this process can write to."""
    with without_people(tmp_path_factory.mktemp("system")) as started:
        yield started


@pytest.fixture
def writing(system: RunningSystem, environment: pytest.MonkeyPatch) -> Iterator[None]:
    """This process writes to the system's database, and signs tokens with its keys."""
    with written_here(system, environment):
        yield


@pytest.fixture(scope="module")
def edge(system: RunningSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Varnish]:
    """A Varnish in front of it."""
    with in_front_of(system.address, tmp_path_factory.mktemp("varnish")) as started:
        yield started


def test_everybody_gets_through_the_edge_what_the_api_answers_them(
    system: RunningSystem, edge: Varnish, writing: None
) -> None:
    stage, dice = stages.furnish(), random.Random(SEED)  # noqa: S311 - the same in each run
    sell_to_guests(stage.orders.values())
    replay = Replay(Asking(system.address), Asking(edge.address), dice)
    for resource in sorted(REGISTRY, key=lambda resource: resource.type):
        replay.read(resource, stage)
    assert len(replay.shared) > 50
    assert replay.hits > len(replay.shared), "the cache has told nothing: this would prove nothing"
    assert replay.richer > 500, "nobody has seen more than nobody: this would prove nothing"
