"""Role invitations and role permissions."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_21_access"
down_revision = "2026_11_21_tickets"
branch_labels = None
depends_on = None

SERVICES = ["microlocation", "session", "speaker", "track", "sponsor"]

USER_PERMISSIONS = [
    ("create_event", "May create events before the e-mail address is verified"),
    ("publish_event", "May publish events before the e-mail address is verified"),
]

PANELS = [
    "sales",
    "admin",
    "events",
    "sessions",
    "groups",
    "users",
    "permissions",
    "messages",
    "reports",
    "settings",
    "content",
    "video",
]

# Custom system roles, and the panels that they can access.
SYSTEM_ROLES = {"Sales Admin": ["sales", "events", "reports"], "Marketer": ["sales"]}

# role -> service -> (create, read, update, delete).
PERMISSIONS = {
    "owner": {
        "microlocation": "crud",
        "session": "crud",
        "speaker": "crud",
        "track": "crud",
        "sponsor": "crud",
    },
    "organizer": {
        "microlocation": "crud",
        "session": "crud",
        "speaker": "crud",
        "track": "crud",
        "sponsor": "crud",
    },
    "coorganizer": {
        "microlocation": "crud",
        "session": "crud",
        "speaker": "crud",
        "track": "crud",
        "sponsor": "crud",
    },
    "track_organizer": {
        "microlocation": "r",
        "session": "cru",
        "speaker": "cru",
        "track": "crud",
        "sponsor": "r",
    },
    "moderator": {"microlocation": "r", "session": "ru", "speaker": "ru", "track": "r", "sponsor": "r"},
    "registrar": {"microlocation": "r", "session": "r", "speaker": "r", "track": "r", "sponsor": "r"},
}


def upgrade() -> None:
    op.create_table(
        "custom_system_roles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_custom_system_roles"),
        sa.UniqueConstraint("name", name="uq_custom_system_roles_name"),
    )
    op.create_table(
        "panel_permissions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("panel_name", sa.Text(), nullable=True),
        sa.Column("can_access", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_panel_permissions"),
    )
    op.create_table(
        "services",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_services"),
        sa.UniqueConstraint("name", name="uq_services_name"),
    )
    op.create_table(
        "user_permissions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("unverified_user", sa.Boolean(), nullable=True),
        sa.Column("anonymous_user", sa.Boolean(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_user_permissions"),
        sa.UniqueConstraint("name", name="uq_user_permissions_name"),
    )
    op.create_table(
        "custom_system_roles_panel_permissions",
        sa.Column("custom_system_role_id", sa.BigInteger(), nullable=False),
        sa.Column("panel_permission_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["custom_system_role_id"],
            ["custom_system_roles.id"],
            name="fk_custom_system_roles_panel_permissions_custom_system_role_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["panel_permission_id"],
            ["panel_permissions.id"],
            name="fk_custom_system_roles_panel_permissions_panel_permission_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "custom_system_role_id", "panel_permission_id", name="pk_custom_system_roles_panel_permissions"
        ),
    )
    op.create_index(
        "ix_custom_system_roles_panel_permissions_panel_permission_id",
        "custom_system_roles_panel_permissions",
        ["panel_permission_id"],
        unique=False,
    )
    op.create_table(
        "event_role_permissions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("can_create", sa.Boolean(), nullable=False),
        sa.Column("can_read", sa.Boolean(), nullable=False),
        sa.Column("can_update", sa.Boolean(), nullable=False),
        sa.Column("can_delete", sa.Boolean(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.Column("service_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name="fk_event_role_permissions_role_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"], ["services.id"], name="fk_event_role_permissions_service_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_role_permissions"),
        sa.UniqueConstraint("role_id", "service_id", name="uq_event_role_permissions"),
    )
    op.create_index("ix_event_role_permissions_role_id", "event_role_permissions", ["role_id"], unique=False)
    op.create_index(
        "ix_event_role_permissions_service_id", "event_role_permissions", ["service_id"], unique=False
    )
    op.create_table(
        "role_invites",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name="fk_role_invites_event_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name="fk_role_invites_role_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_role_invites"),
        sa.UniqueConstraint("hash", name="uq_role_invites_hash"),
    )
    op.create_index("ix_role_invites_event_id", "role_invites", ["event_id"], unique=False)
    op.create_index("ix_role_invites_role_id", "role_invites", ["role_id"], unique=False)
    op.create_index(
        "uq_role_invites_email", "role_invites", ["event_id", sa.literal_column("lower(email)")], unique=True
    )
    connection = op.get_bind()
    services = sa.table("services", sa.column("id"), sa.column("name"))
    op.bulk_insert(services, [{"name": name} for name in SERVICES])
    user_permissions = sa.table(
        "user_permissions",
        sa.column("name"),
        sa.column("description"),
        sa.column("unverified_user"),
        sa.column("anonymous_user"),
    )
    off = {"unverified_user": False, "anonymous_user": False}
    op.bulk_insert(
        user_permissions, [{"name": name, "description": text, **off} for name, text in USER_PERMISSIONS]
    )
    panels = sa.table("panel_permissions", sa.column("id"), sa.column("panel_name"), sa.column("can_access"))
    op.bulk_insert(panels, [{"panel_name": name, "can_access": True} for name in PANELS])
    system_roles = sa.table("custom_system_roles", sa.column("id"), sa.column("name"))
    op.bulk_insert(system_roles, [{"name": name} for name in SYSTEM_ROLES])
    role_ids = dict(connection.execute(sa.select(system_roles.c.name, system_roles.c.id)).all())
    panel_ids = dict(connection.execute(sa.select(panels.c.panel_name, panels.c.id)).all())
    entered = sa.table(
        "custom_system_roles_panel_permissions",
        sa.column("custom_system_role_id"),
        sa.column("panel_permission_id"),
    )
    op.bulk_insert(
        entered,
        [
            {"custom_system_role_id": role_ids[role], "panel_permission_id": panel_ids[panel]}
            for role, names in SYSTEM_ROLES.items()
            for panel in names
        ],
    )
    roles = sa.table("roles", sa.column("id"), sa.column("name"))
    event_role_ids = dict(connection.execute(sa.select(roles.c.name, roles.c.id)).all())
    service_ids = dict(connection.execute(sa.select(services.c.name, services.c.id)).all())
    permissions = sa.table(
        "event_role_permissions",
        sa.column("role_id"),
        sa.column("service_id"),
        sa.column("can_create"),
        sa.column("can_read"),
        sa.column("can_update"),
        sa.column("can_delete"),
    )
    op.bulk_insert(
        permissions,
        [
            {
                "role_id": event_role_ids[role],
                "service_id": service_ids[service],
                "can_create": "c" in may,
                "can_read": "r" in may,
                "can_update": "u" in may,
                "can_delete": "d" in may,
            }
            for role, granted in PERMISSIONS.items()
            for service, may in granted.items()
        ],
    )


def downgrade() -> None:
    op.drop_table("role_invites")
    op.drop_table("event_role_permissions")
    op.drop_table("custom_system_roles_panel_permissions")
    op.drop_table("user_permissions")
    op.drop_table("services")
    op.drop_table("panel_permissions")
    op.drop_table("custom_system_roles")
