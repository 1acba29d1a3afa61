"""Random events, made through the API, come back to the byte (property-based)."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.archive.conftest import Office, differences
from tests.archive.world import World
from tests.factories import stored
from tests.factories.user import make_user

LETTERS = st.characters(exclude_categories=("Cs", "Cc"))
TEXT = st.text(LETTERS, max_size=40)
NAME = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=30)
MARKUP = st.one_of(TEXT, TEXT.map(lambda text: f"<p>{text}</p><script>x</script><b>&amp;"))
MAYBE = st.one_of(st.none(), MARKUP)
NUMBER = st.integers(0, 10_000)
MONEY = st.decimals(1, 999, places=2).map(float)
LINK = st.sampled_from([None, "https://example.org/a?b=c&d=%20", "https://bücher.example.org/ä"])
SHAPES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "track": {
        "name": NAME,
        "description": MAYBE,
        "color": st.sampled_from(["#abc", "#A1b2C3"]),
        "position": NUMBER,
    },
    "session-type": {"name": NAME, "length": st.sampled_from(["00:30", "01:15"])},
    "microlocation": {"name": NAME, "floor": st.integers(-5, 50), "latitude": st.floats(-80, 80)},
    "speaker": {"name": NAME, "short-biography": MAYBE, "website": LINK, "is-featured": st.booleans()},
    "session": {
        "title": NAME,
        "short-abstract": MARKUP,
        "state": st.sampled_from(["draft", "pending", "accepted"]),
    },
    "faq": {"question": NAME, "answer": NAME},
    "ticket": {
        "name": NAME,
        "description": MAYBE,
        "type": st.just("paid"),
        "price": MONEY,
        "position": NUMBER,
    },
    "sponsor": {"name": NAME, "level": st.integers(0, 9), "url": LINK, "description": MAYBE},
    "discount-code": {
        "code": st.text("ABC123", min_size=3, max_size=9),
        "value": MONEY.map(lambda value: value / 10),
    },
    "custom-form": {
        "name": NAME,
        "description": MAYBE,
        "form": st.sampled_from(["session", "speaker", "attendee"]),
    },
}
ROWS = st.lists(
    st.sampled_from(list(SHAPES)).flatmap(
        lambda name: st.tuples(st.just(name), st.fixed_dictionaries(SHAPES[name]))
    ),
    min_size=6,
    max_size=18,
)
LINKS = {"session": {"track": "track", "session_type": "session-type", "microlocation": "microlocation"}}


def put(world: World, type_name: str, attributes: dict[str, Any], choice: Any) -> None:
    """Create it with random links to what is there, if the API takes it."""
    links: dict[str, Any] = {}
    for name, target in LINKS.get(type_name, {}).items():
        links[name] = choice.draw(
            st.sampled_from([None, *((target, id) for id in world.ids.get(target, ()))])
        )
    targets = {"session": ("speakers", "speaker"), "discount-code": ("tickets", "ticket")}.get(type_name)
    if targets:
        there = [(targets[1], id) for id in world.ids.get(targets[1], ())]
        links[targets[0]] = choice.draw(st.lists(st.sampled_from(there), unique=True)) if there else []
    world.put(type_name, attributes, refused=True, **links)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    rows=ROWS,
    about=st.fixed_dictionaries({"name": NAME, "description": MAYBE, "owner-name": TEXT}),
    choice=st.data(),
)
def test_a_random_event_comes_back_as_it_was(office: Office, rows: Any, about: Any, choice: Any) -> None:
    world = World(office, has_pictures=False)
    world.change("event", world.event, about)
    for type_name, attributes in rows:
        put(world, type_name, attributes, choice)
    before = world.office_of_owner.exported(world.event)
    mover = office.as_(stored(make_user, is_verified=True))
    result = mover.imported(before.content)
    assert not differences(before, mover.exported(result["id"]))
