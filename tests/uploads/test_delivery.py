"""Pictures reach a phone once: each has an address of its own for good, a mark, and a year to be kept."""

from typing import Any, Final

import pytest
import yaml

from devstack import media
from tests.support.databases import TestDatabase
from tests.support.pump import Pump
from tests.support.running_system import ROOT
from tests.uploads import samples
from tests.uploads.conftest import Organizer

A_YEAR: Final = "public, max-age=31536000, immutable"
COLUMNS: Final = "original_image_url, large_image_url, thumbnail_image_url, icon_image_url"


@pytest.fixture
def addresses(organizer: Organizer, pump: Pump, database: TestDatabase) -> dict[str, str]:
    """Where an event's picture and its smaller copies are, by column."""
    organizer.upload(samples.image("PNG", (1600, 800)), "event.original-image-url")
    pump.everything()
    return {name: _path(url) for name, url in database.rows(f"SELECT {COLUMNS} FROM events")[0].items()}


def _path(url: str) -> str:
    return url.removeprefix("https://media.example.org/")


def test_a_picture_and_all_its_copies_have_a_mark_and_may_be_kept_for_a_year(
    addresses: dict[str, str],
) -> None:
    marks = set()
    for path in addresses.values():
        answer = media.serve(path, "GET", {})
        headers = dict(answer.headers)
        assert (answer.status, headers["Cache-Control"]) == (200, A_YEAR)
        assert headers["ETag"].startswith('"')
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Access-Control-Allow-Origin"] == "*"
        marks.add(headers["ETag"])
    assert len(marks) == len(addresses)


def test_a_phone_that_has_it_is_told_so_in_no_bytes(addresses: dict[str, str]) -> None:
    path = addresses["thumbnail_image_url"]
    mark = dict(media.serve(path, "GET", {}).headers)["ETag"]

    again = media.serve(path, "GET", {"if-none-match": mark})

    assert (again.status, again.body) == (304, b"")
    assert dict(again.headers)["ETag"] == mark
    assert dict(again.headers)["Cache-Control"] == A_YEAR
    assert media.serve(path, "GET", {"if-none-match": '"another"'}).status == 200


def test_another_picture_is_at_another_address(
    organizer: Organizer, pump: Pump, database: TestDatabase, addresses: dict[str, str]
) -> None:
    organizer.upload(samples.image("JPEG", (800, 800)), "event.original-image-url")
    pump.everything()

    after = {_path(url) for url in database.rows(f"SELECT {COLUMNS} FROM events")[0].values()}
    assert after & set(addresses.values()) == set()
    assert media.serve(addresses["icon_image_url"], "GET", {}).status == 200, (
        "whoever has the page still sees it"
    )


def test_the_network_in_front_of_the_bucket_keeps_the_headers_and_lets_no_browser_guess() -> None:
    class Loader(yaml.SafeLoader):
        """YAML with CloudFormation's tags, whose meaning does not matter here."""

    Loader.add_multi_constructor("!", lambda loader, _suffix, node: _plain(loader, node))
    template = yaml.load((ROOT / ".chalice/resources.yaml").read_text(), Loader)  # noqa: S506 - a SafeLoader
    resources = template["Resources"]
    behavior = resources["MediaDistribution"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]
    policy = resources["MediaHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]
    assert policy["SecurityHeadersConfig"]["ContentTypeOptions"] == {"Override": True}
    assert behavior["ResponseHeadersPolicyId"] == "MediaHeaders"
    # CachingOptimized: keeps what the origin says for as long as the origin says, a year at the most.
    assert behavior["CachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"
    assert "CustomHeadersConfig" not in policy, "nothing takes the place of the bucket's own headers"


def _plain(loader: Any, node: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)
