"""Export, import, export again: equal to the byte but for the manifest."""

from chalicelib import db
from devstack import demo
from tests.archive.conftest import Office, differences
from tests.factories import stored
from tests.factories.user import make_user

OWNED = """
SELECT held.event_id, held.user_id FROM users_events_roles held JOIN roles role ON role.id = held.role_id
WHERE role.name = 'owner' ORDER BY 1
"""


def test_demo_events_come_back_as_they_were(office: Office) -> None:
    with db.transaction() as session:
        demo.create(session)
        owned = db.fetch(session, OWNED)
    assert len(owned) > 3
    mover = stored(make_user, is_verified=True)
    for event, owner in owned:
        before = office.as_(owner).exported(event)
        result = office.as_(mover).imported(before.content, invite="true")
        after = office.as_(mover).exported(result["id"])
        assert not differences(before, after)
