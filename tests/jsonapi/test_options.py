"""The engine's options: the product's settings are some, and the defaults are the same."""

import pytest

from chalicelib.jsonapi.ground.options import DefaultOptions
from chalicelib.settings import Settings
from tests.jsonapi.conftest import Toys


def test_the_defaults_are_those_of_the_settings() -> None:
    ours, theirs = DefaultOptions(), Settings()
    for name in DefaultOptions.__slots__:
        assert getattr(ours, name) == getattr(theirs, name), name


def test_options_decide_links_and_sizes_of_each_request_anew(
    toys: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the statement's text is kept."""
    first = toys.get("/v1/libraries?include=books").json
    monkeypatch.setattr("tests.jsonapi.conftest.settings", lambda: DefaultOptions(api_prefix="/stage"))
    second = toys.get("/v1/libraries?include=books").json
    assert first["data"][0]["links"]["self"].startswith("/v1/libraries/")
    assert second["data"][0]["links"]["self"] == "/stage" + first["data"][0]["links"]["self"]
    assert second["links"]["self"] == "/stage" + first["links"]["self"]
    monkeypatch.setattr("tests.jsonapi.conftest.settings", lambda: DefaultOptions(max_included=1))
    assert toys.get("/v1/libraries?include=books").status == 400
