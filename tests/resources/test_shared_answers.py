"""Which answers shared caches may tell: what is declared as shared, as long as nothing of the viewer is in it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.jsonapi.http.action import ACTIONS, Action, action
from chalicelib.resources import REGISTRY
from chalicelib.settings import settings
from devstack.source import read_modules
from tests.factories import stored
from tests.factories.discount_code import make_discount_code
from tests.factories.event import make_event
from tests.factories.session import make_session
from tests.factories.speaker import make_speaker
from tests.factories.ticket import make_ticket
from tests.factories.user import make_user
from tests.support.documents import document
from tests.support.http_client import Client, Reply
from tests.support.running_system import ROOT
from tests.support.sharing import MISSING, NEVER, PRIVATE, SHARED, VARY


class World:
    """A public event with what belongs to it, a private one, and its owner."""

    def __init__(self, client: Client) -> None:
        self.owner = stored(make_user)
        public = {"state": "published", "is_sessions_speakers_enabled": True}
        self.event = stored(make_event, owner=self.owner, **public)
        self.private = stored(make_event, owner=self.owner, privacy="private", **public)
        self.session = stored(make_session, event=self.event, state="accepted", sign_up_places=5)
        stored(make_speaker, event=self.event)
        self.ticket = stored(make_ticket, event=self.event)
        self.nobody, self.signed_in = client, client.signed_in_as(self.owner)
        self.stranger = client.signed_in_as(stored(make_user))


@pytest.fixture
def world(client: Client) -> World:
    return World(client)


def said(reply: Reply) -> str:
    assert reply.status in {200, 304}, reply.text
    assert reply.headers["vary"] == VARY
    return reply.headers["cache-control"]


def missed(reply: Reply) -> str:
    assert reply.status == 404, reply.text
    assert reply.headers["vary"] == VARY
    return reply.headers["cache-control"]


def pages(world: World) -> Iterator[str]:
    id, identifier = world.event.id, world.event.identifier
    yield from ("/v1/events", f"/v1/events/{id}", f"/v1/events/{identifier}", f"/v1/events/{id}/sessions")
    # The web front end's page of an event.
    yield (
        f"/v1/events/{identifier}?include=social-links,event-copyright,speakers-call,tax,owner,organizers,"
        "video-stream,custom-forms,group,group.followers,group.followers.user"
    )
    yield "/v1/events?cache=true&include=event-topic,event-sub-topic,event-type,speakers-call&page[size]=6&sort=starts-at"
    yield "/v1/sessions?include=track,speakers,session-type,microlocation&page[number]=1&page[size]=6&sort=starts-at"
    yield f"/v1/events/{id}/sessions?include=speakers,track&page[size]=0&sort=starts-at"
    yield f"/v1/events/{id}/speakers?include=sessions.track&page[size]=0"
    yield f"/v1/sessions/{world.session.id}?fields[session]=title,sign-up-places"
    yield f"/v1/sessions/{world.session.id}/relationships/event"
    yield '/v1/events?filter=[{"name":"name","op":"ilike","val":"%25"}]&page[size]=1'
    yield from ("/v1/event-types", "/v1/settings", "/v1/events/upcoming?include=event-topic")
    for feed in (
        f"{id}.ics",
        f"{identifier}.ics",
        f"{id}.xcs",
        f"{id}/schedule.xml",
        f"{identifier}/schedule.json",
    ):
        yield f"/v1/events/{feed}"
    yield from ("/v1/feeds/events.atom", "/v1/feeds/events.json", "/docs", "/docs/openapi.json")


def test_what_is_the_same_for_everybody_is_shared_and_only_for_nobody(world: World) -> None:
    for path in pages(world):
        first = world.nobody.get(path)
        assert said(first) == SHARED, path
        assert first.headers["etag"], path
        again = world.nobody.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status, said(again)) == (304, SHARED), path
        assert said(world.nobody.request("HEAD", path)) == SHARED, path
        assert said(world.signed_in.get(path)) == PRIVATE, path
        assert said(world.nobody.get(path, headers={"Cookie": "theme=dark"})) == PRIVATE, path
        between = "&" if "?" in path else "?"
        if path.endswith(".ics"):  # an address that takes any parameter
            assert said(world.nobody.get(f"{path}{between}token=x")) == PRIVATE, path


def test_what_is_sold_or_counted_never_is(world: World) -> None:
    id = world.event.id
    for path in (
        f"/v1/events/{id}/tickets",
        f"/v1/tickets/{world.ticket.id}",
        f"/v1/events/{id}?include=tickets",
        f"/v1/events/{id}/relationships/tickets",
        f"/v1/tickets/{world.ticket.id}/event",
        f"/v1/events/{id}/tickets/availability",
        f"/v1/events/{id}.jsonld",
        '/v1/events?filter=[{"name":"tickets","op":"any","val":{"name":"id","op":"gt","val":0}}]',
        '/v1/feeds/events.atom?filter=[{"name":"tickets","op":"any","val":{"name":"id","op":"gt","val":0}}]',
        "/v1/sessions?sort=sign-up-confirmed",
        "/v1/sessions?filter[sign-up-waiting]=0",
    ):
        assert said(world.nobody.get(path)) in {PRIVATE, "no-store"}, path
    assert {resource.type for resource in REGISTRY if resource.shared} & NEVER == set()


def test_a_count_of_places_makes_the_page_private_that_tells_it(world: World) -> None:
    path = f"/v1/events/{world.event.id}/sessions"
    assert said(world.nobody.get(path)) == SHARED
    public = document("session", {"is-sign-up-count-public": True}, world.session.id)
    assert world.signed_in.patch(f"/v1/sessions/{world.session.id}", public).status == 200
    told = world.nobody.get(path)
    assert "sign-up-confirmed" in told.data[0]["attributes"]
    assert said(told) == PRIVATE
    assert said(world.nobody.get(f"/v1/events/{world.event.id}?include=sessions")) == PRIVATE
    assert said(world.nobody.get(f"{path}?fields[session]=title")) == SHARED


def test_secrets_in_path_and_query_are_of_who_shows_them(world: World) -> None:
    hidden = world.private.identifier
    for path in (
        hidden,
        f"{hidden}/sessions",
        f"{hidden}?include=sessions",
        f"{hidden}.ics",
        f"{hidden}/schedule.json",
    ):
        assert said(world.nobody.get(f"/v1/events/{path}")) == PRIVATE, path
    code = stored(make_discount_code, event=world.event, code="TEN")
    for query in (f"code={code.code}", "code=no", "hash=x"):
        assert said(world.nobody.get(f"/v1/events/{world.event.id}?{query}")) in {PRIVATE, "no-store"}


def test_that_something_is_not_there_is_kept_for_half_the_time(world: World) -> None:
    draft = stored(make_event, owner=world.owner, state="draft")
    hidden = stored(make_event, owner=world.owner, state="draft", privacy="private")
    assert world.signed_in.get(f"/v1/events/{draft.id}").status == 200
    for key in (draft.id, draft.identifier, hidden.id, hidden.identifier, "nowhere", "9999999"):
        for rest in (
            "",
            "?include=sessions.speakers",
            "?fields[event]=name",
            "/sessions",
            "/sessions?include=track",
            "/relationships/sessions",
            "/speakers-call",
            ".ics",
            ".xcs",
            "/schedule.xml",
        ):
            path = f"/v1/events/{key}{rest}"
            # What is hidden and what never was are not told apart.
            assert missed(world.nobody.get(path)) == MISSING, path
            assert missed(world.nobody.request("HEAD", path)) == MISSING, path
            assert missed(world.nobody.get(path, headers={"Cookie": "theme=dark"})) == "no-store", path
        # An address that takes any parameter.
        assert missed(world.nobody.get(f"/v1/events/{key}.ics?token=x")) == "no-store", key
    assert missed(world.nobody.get(f"/v1/events/{world.event.id}/speakers-call")) == MISSING
    assert missed(world.nobody.get(f"/v1/events/{world.private.id}")) == MISSING
    assert missed(world.stranger.get(f"/v1/events/{draft.id}")) == "no-store"
    assert missed(world.signed_in.get("/v1/events/9999999")) == "no-store"


def test_that_what_is_sold_counted_or_secret_is_not_there_is_never_kept(world: World) -> None:
    draft = stored(make_event, owner=world.owner, state="draft")
    for path in (
        f"/v1/events/{draft.id}/tickets",
        f"/v1/events/{draft.id}?include=tickets",
        f"/v1/events/{draft.id}/relationships/tickets",
        f"/v1/events/{draft.id}.jsonld",
        f"/v1/events/{draft.id}/tickets/availability",
        "/v1/tickets/9999999",
        "/v1/tickets/9999999/event",
        f"/v1/events/{world.private.identifier}/speakers-call",
        "/v1/nothing",
        "/docs/nothing",
    ):
        assert missed(world.nobody.get(path)) == "no-store", path
    change = document("event", {"name": "B"}, "9999999")
    assert missed(world.nobody.patch("/v1/events/9999999", change)) == "no-store"
    assert missed(world.signed_in.patch("/v1/events/9999999", change)) == "no-store"


def test_errors_and_writes_are_never_kept(world: World) -> None:
    for reply in (
        world.nobody.get(f"/v1/events/{world.event.id}?include=nothing"),
        world.nobody.get("/v1/events?get_trashed=true"),
        world.nobody.get("/v1/orders"),
        world.signed_in.patch(
            f"/v1/events/{world.event.id}", document("event", {"name": "B"}, world.event.id)
        ),
    ):
        assert reply.headers["cache-control"] == "no-store"


def test_no_header_that_is_not_in_the_key_changes_what_is_shared(world: World) -> None:
    """Whatever header the product reads somewhere: one who sends it cannot choose what others are told."""
    names = {
        "x-forwarded-host",
        "x-original-url",
        "x-http-method-override",
        "range",
        "prefer",
        "x-edge-viewer",
        "x-edge-host",
    }
    for module in read_modules(ROOT):
        if module.is_product:
            names |= set(re.findall(r"""headers(?:\.get\(|\[)["']([a-z-]+)["']""", module.text))
    # Keyed, or with a proof of the edge; Host and X-Forwarded-Proto are API Gateway's own.
    names -= {"accept", "accept-encoding", "host", "x-forwarded-proto", "if-none-match"}
    assert {"accept-language", "authorization", "cookie", "x-csrf-token"} <= names
    nowhere = [f"/v1/events/9999999{rest}" for rest in ("", "/sessions", "/speakers-call", ".ics")]
    for path in (*pages(world), *nowhere):
        plain = world.nobody.get(path)
        for name in sorted(names):
            reply = world.nobody.get(path, headers={name: "gzip" if name == "content-encoding" else "de"})
            shared = reply.headers["cache-control"] in {SHARED, MISSING}
            assert not shared or reply.text == plain.text, (name, path)


def test_how_long_is_a_setting_and_zero_shares_nothing(world: World, environment: pytest.MonkeyPatch) -> None:
    path = f"/v1/events/{world.event.id}"
    environment.setenv("SHARED_SECONDS", "2")
    environment.setenv("STALE_SECONDS", "1")
    settings.cache_clear()
    assert "s-maxage=2, stale-while-revalidate=1," in said(world.nobody.get(path))
    assert "s-maxage=1, stale-if-error" in missed(world.nobody.get("/v1/events/9999999"))
    environment.setenv("SHARED_SECONDS", "0")
    settings.cache_clear()
    assert said(world.nobody.get(path)) == PRIVATE
    assert missed(world.nobody.get("/v1/events/9999999")) == "no-store"


@pytest.mark.parametrize(
    ("seconds", "stale"), [("27", "4"), ("31", "0"), ("-1", "4"), ("10", "-1"), ("soon", "4")]
)
def test_nobody_reads_what_is_older_than_half_a_minute(
    environment: pytest.MonkeyPatch, seconds: str, stale: str
) -> None:
    environment.setenv("SHARED_SECONDS", seconds)
    environment.setenv("STALE_SECONDS", stale)
    settings.cache_clear()
    with pytest.raises(SystemExit, match="SECONDS"):
        settings()


@pytest.mark.parametrize("more", [{"secret": True}, {"acts": True}, {"limited_by": ("some",)}], ids=str)
def test_an_action_with_a_secret_a_limit_or_an_effect_cannot_be_shared(more: Any) -> None:
    with pytest.raises(ValueError, match="nothing for shared caches"):
        Action("GET", ("v1", "x"), lambda: None, shared=True, **more)  # type: ignore[arg-type,return-value]
    with pytest.raises(ValueError, match="nothing for shared caches"):
        action("POST", "/v1/x", shared=True)(lambda: None)  # type: ignore[arg-type,return-value]
    assert ("POST", 2) not in ACTIONS or all(item.pattern != ("v1", "x") for item in ACTIONS["POST", 2])


def test_what_a_replica_may_answer_may_be_shared_and_what_counts_places_is_neither_of_them() -> None:
    assert {resource.type for resource in REGISTRY if resource.shared} >= REGISTRY.content
    live = {
        member.wire
        for resource in REGISTRY
        for member in resource.attributes.values()
        if member.live and resource.type in REGISTRY.content
    }
    assert live
    assert live <= REGISTRY.counted
    known = {member.wire for name in REGISTRY.content for member in REGISTRY[name].attributes.values()}
    assert known >= REGISTRY.counted, "a name that no attribute has"
