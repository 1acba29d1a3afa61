"""A day of each existing client: its recorded requests, replayed in order, and what it needs of the answers."""

import pytest

from tests.compatibility import expectations, world
from tests.compatibility.replay import Replay
from tests.support.http_client import Client


@pytest.mark.parametrize("name", expectations.FILES)
def test_each_call_of_a_client_gets_what_it_needs(client: Client, name: str) -> None:
    file = expectations.read(name)
    replay = Replay(client, world.build(client), file)
    missed = [f"{day.name}: {one}" for day in file.days for one in replay.missed(day)]
    assert not missed, "\n".join(missed)
