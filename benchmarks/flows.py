"""What comes, changes and goes in the tables of tasks, mails, answers and the audit log, as SQL of a moment.

The statements are the product's, for many rows at once. {table}, {now} and {rows} are filled in.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

FIRST_DAY: Final = date(2026, 1, 1)
_PROSE: Final = "(SELECT string_agg(md5(n::text || i::text), ' ') FROM generate_series(1, {words}) i)"


@dataclass(frozen=True, slots=True)
class Flow:
    """A table whose rows are kept for some days, by the time in `column`; `key` is unique."""

    table: str
    column: str
    key: str
    partitioned_by: str
    rows: int  # a day
    kept_days: int
    partition_days: int
    insert: str
    changes: tuple[str, ...] = ()


def _prose(words: str) -> str:
    return _PROSE.format(words=words)


OUTBOX: Final = Flow(
    "outbox",
    "created_at",
    "key",
    "created_at",
    2_000,
    30,
    1,
    """INSERT INTO {table} (key, task, arguments, trace, created_at, due_at)
       SELECT gen_random_uuid()::text, 'send_order_mail', jsonb_build_object('order_id', n),
              'Root=1-' || md5(n::text) || ';Sampled=0', '{now}', '{now}'
         FROM generate_series(1, {rows}) n""",
    (
        "UPDATE {table} SET sent_at = '{now}' WHERE sent_at IS NULL",
        """UPDATE {table} SET done_at = '{now}'
            WHERE sent_at IS NOT NULL AND done_at IS NULL AND failed_at IS NULL""",
    ),
)
TASKS_DONE: Final = Flow(
    "tasks_done",
    "done_at",
    "key",
    "done_at",
    2_000,
    30,
    1,
    """INSERT INTO {table} (key, task, done_at)
       SELECT gen_random_uuid()::text, 'send_order_mail', '{now}' FROM generate_series(1, {rows}) n""",
)
ANSWERS: Final = Flow(
    "idempotency_keys",
    "created_at",
    "key",
    "created_at",
    1_000,
    1,
    1,
    """INSERT INTO {table} (caller, key, fingerprint, status, headers, body, created_at, standing)
       SELECT 'user ' || n % 500, gen_random_uuid()::text, md5(n::text), 201,
              '{{"headers": {{"Content-Type": "application/vnd.api+json"}}, "cookies": []}}', """
    + _prose("10 + n % 90")
    + """, '{now}', md5('standing') FROM generate_series(1, {rows}) n""",
)
MAILS: Final = Flow(
    "mails",
    '"time"',
    "key",
    '"time"',
    1_000,
    180,
    30,
    """INSERT INTO {table} (key, recipient, action, kind, language, subject, message, message_id, state,
                            "time", changed_at, attempts)
       SELECT gen_random_uuid()::text, 'person.' || n || '@example.org', 'order', 'order', 'en', 'Yours', """
    + _prose("20")
    + """, '<' || md5(n::text) || '@example.org>', 'sending', '{now}', '{now}', 1
         FROM generate_series(1, {rows}) n""",
    (
        """UPDATE {table} SET ses_id = md5(id::text), changed_at = '{now}', state = 'sent'
            WHERE "time" = '{now}' AND state = 'sending'""",
        # SES has said what became of it.
        """UPDATE {table} SET ses_id = coalesce(nullif('', ''), ses_id), changed_at = '{now}', detail = ''
            WHERE "time" = '{now}' AND detail IS NULL""",
    ),
)
AUDIT: Final = Flow(
    "activities",
    '"time"',
    "id",
    "id",
    2_000,
    180,
    30,
    """INSERT INTO {table} (actor, action, "time")
       SELECT 'user ' || n % 500, 'Changed the name of attendee ' || n || ' of event ' || n % 40, '{now}'
         FROM generate_series(1, {rows}) n""",
)
FLOWS: Final = (OUTBOX, TASKS_DONE, ANSWERS, MAILS, AUDIT)
