"""Database roles, least privilege: one owns and migrates the tables, one serves requests and owns nothing.

The migration function creates the second, grants it row access only, and sets statement timeouts for both. It
needs no superuser: CREATEROLE and ownership of the database suffice, as on Aurora. Every step is idempotent.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.engine import URL

from chalicelib import log
from chalicelib.settings import settings

# Below API Gateway's 29 seconds, so that the database times out first, with an error.
REQUESTS: Final = {"statement_timeout": "25s", "idle_in_transaction_session_timeout": "30s"}
# Below the migration function's timeout of 15 minutes.
MIGRATIONS: Final = {"statement_timeout": "14min", "idle_in_transaction_session_timeout": "5min"}

_OWNS: Final = """
    SELECT EXISTS (
      SELECT FROM pg_shdepend d JOIN pg_database b ON b.datname = current_database()
       WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = to_regrole(:quoted) AND d.deptype = 'o'
         AND (d.dbid = b.oid OR (d.classid = 'pg_database'::regclass AND d.objid = b.oid)))
"""
_EXCESS: Final = """
    SELECT concat_ws(', ', CASE WHEN rolsuper THEN 'is a superuser' END,
           CASE WHEN rolcreaterole THEN 'may make roles' END,
           CASE WHEN has_schema_privilege(oid, current_schema(), 'CREATE') THEN 'may make tables' END,
           CASE WHEN pg_has_role(oid, current_user, 'MEMBER') THEN 'is a member of the migrating role' END)
      FROM pg_roles WHERE rolname = :role
"""
# Which run with the rights of the owner, and are nobody's by default.
_FUNCTIONS: Final = ("keep_activity_partitions(timestamptz)", "advance_ids(text, bigint)")
_LIMITS: Final = """
    SELECT unnest(setconfig) FROM pg_db_role_setting
     WHERE setrole = to_regrole(:quoted) AND setdatabase = 0
"""


class Refused(Exception):
    """The roles cannot be set up; the text says in one line why, and what to do."""


def take_over(connection: Connection, requests: URL) -> None:
    """Take ownership of what the request role owns, from when it was the only role. Raises Refused."""
    role = requests.username
    with connection.begin():
        if _is_me(connection, role) or not _one(connection, _OWNS, quoted=_quoted(connection, role)):
            return
        log.info("what the role of requests owned goes to the migrating role", role=role)
        connection.execute(text(f"REASSIGN OWNED BY {_quoted(connection, role)} TO CURRENT_USER"))


def settle(connection: Connection, requests: URL) -> None:
    """Create or correct the request role, and set the timeouts of both. Raises Refused."""
    role = requests.username
    with connection.begin():
        if _is_me(connection, role):
            # A deployment does not use a superuser: this is manual work.
            if not _one(connection, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
                _limit(connection, "CURRENT_USER", REQUESTS)
            return
        if not _one(connection, "SELECT to_regrole(:quoted) IS NOT NULL", quoted=_quoted(connection, role)):
            _make(connection, requests)
        _grant(connection, _quoted(connection, role))
        _limit(connection, "CURRENT_USER", MIGRATIONS)
        _limit(connection, _quoted(connection, role), REQUESTS)
        excess = _one(connection, _EXCESS, role=role)
        if excess:
            raise Refused(f"the role of requests, {role}, {excess}: take that from it")


def _make(connection: Connection, requests: URL) -> None:
    """CREATE ROLE with its credentials. The plain password is in no statement, nor in any log."""
    quoted = _quoted(connection, requests.username)
    password = (
        "" if settings().db_iam or not requests.password else f" PASSWORD '{_verifier(requests.password)}'"
    )
    connection.exec_driver_sql(f"CREATE ROLE {quoted} LOGIN{password}")
    if settings().db_iam:
        connection.execute(text(f"GRANT rds_iam TO {quoted}"))


def _grant(connection: Connection, role: str) -> None:
    """Grant the rows of all tables, future ones included, and functions; revoke CREATE from PUBLIC."""
    owns = "SELECT pg_has_role(current_user, {}, 'USAGE') FROM {} WHERE {}"
    if _one(connection, owns.format("nspowner", "pg_namespace", "nspname = current_schema()")):
        _run(connection, "REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC", role)
        _run(connection, "GRANT USAGE ON SCHEMA {schema} TO {role}", role)
    if _one(connection, owns.format("datdba", "pg_database", "datname = current_database()")):
        _run(connection, "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC", role)
        _run(connection, "GRANT CONNECT ON DATABASE {database} TO {role}", role)
    for what, rights in (("TABLES", "SELECT, INSERT, UPDATE, DELETE"), ("SEQUENCES", "USAGE, SELECT")):
        _run(connection, f"GRANT {rights} ON ALL {what} IN SCHEMA {{schema}} TO {{role}}", role)
        _run(
            connection,
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {{schema}} GRANT {rights} ON {what} TO {{role}}",
            role,
        )
    for function in _FUNCTIONS:
        if _one(connection, "SELECT to_regprocedure(:function) IS NOT NULL", function=function):
            _run(connection, f"GRANT EXECUTE ON FUNCTION {{schema}}.{function} TO {{role}}", role)
    if _one(connection, "SELECT to_regclass('alembic_version') IS NOT NULL"):
        _run(connection, "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}", role)


def _limit(connection: Connection, role: str, limits: Mapping[str, str]) -> None:
    named = _one(connection, "SELECT quote_ident(current_user)") if role == "CURRENT_USER" else role
    present = set(connection.scalars(text(_LIMITS), {"quoted": named}))
    for name, value in limits.items():
        if f"{name}={value}" not in present:
            connection.execute(text(f"ALTER ROLE {role} SET {name} = '{value}'"))


def _run(connection: Connection, sql: str, role: str) -> None:
    schema, database = (
        _quoted(connection, _one(connection, f"SELECT {function}()"))
        for function in ("current_schema", "current_database")
    )
    connection.execute(text(sql.format(role=role, schema=schema, database=database)))


def _is_me(connection: Connection, role: str | None) -> bool:
    return role is None or role == _one(connection, "SELECT current_user::text")


def _one(connection: Connection, sql: str, **values: object) -> Any:
    return connection.scalar(text(sql), values)


def _quoted(connection: Connection, name: str | None) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name or "")


def _verifier(password: str) -> str:
    """The SCRAM verifier of a password, so that the server never sees the password. Source: RFC 5802."""
    from scramp import ScramMechanism  # type: ignore[import-untyped]  # lazy: only migrations need it

    salt, stored, server, iterations = ScramMechanism("SCRAM-SHA-256").make_auth_info(password)
    encoded = [b64encode(secret).decode() for secret in (salt, stored, server)]
    return f"SCRAM-SHA-256${iterations}:{encoded[0]}${encoded[1]}:{encoded[2]}"
