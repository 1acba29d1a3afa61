"""Invariants after a load test: recounts what was sold, and compares it with the counters and the buyers'
answers.
"""

from collections import Counter
from collections.abc import Iterator

from benchmarks.storm.buyers import Rush, Story
from benchmarks.storm.sale import Sale
from devstack import database

# What no history may leave behind, and the rows that show it.
NEVER = {
    "an order without attendees": """
        SELECT id FROM orders
        WHERE NOT EXISTS (SELECT FROM attendees WHERE attendees.order_id = orders.id)""",
    "an attendee without an order": """
        SELECT id FROM attendees WHERE order_id IS NULL OR order_id NOT IN (SELECT id FROM orders)""",
    "an order whose lines are not its attendees": """
        SELECT id FROM orders WHERE
          (SELECT array_agg(ticket_id ORDER BY ticket_id)
           FROM orders_tickets, generate_series(1, quantity) WHERE order_id = orders.id)
          IS DISTINCT FROM
          (SELECT array_agg(ticket_id ORDER BY ticket_id)
           FROM attendees WHERE order_id = orders.id AND deleted_at IS NULL)""",
    "a person with two orders": "SELECT user_id FROM orders GROUP BY user_id, event_id HAVING count(*) > 1",
    "a ticket whose counter is not its attendees": """
        SELECT id FROM stocks WHERE ticket_id IS NOT NULL AND taken <>
          (SELECT count(*) FROM attendees a WHERE a.ticket_id = stocks.ticket_id AND deleted_at IS NULL)""",
    "a pool whose counter is not its attendees": """
        SELECT id FROM stocks WHERE pool_id IS NOT NULL AND taken <>
          (SELECT count(*) FROM attendees a JOIN tickets t ON t.id = a.ticket_id
           WHERE t.pool_id = stocks.pool_id AND a.deleted_at IS NULL)""",
    "more taken than there are places": "SELECT id FROM stocks WHERE taken > capacity",
}
# Three ways to count what was sold at an event.
_SOLD = {
    "attendees": "SELECT count(*) FROM attendees WHERE event_id = :event AND deleted_at IS NULL",
    "counters of pools": """
        SELECT coalesce(sum(taken), 0) FROM stocks JOIN ticket_pools ON ticket_pools.id = stocks.pool_id
        WHERE ticket_pools.event_id = :event""",
    "lines of orders": """
        SELECT coalesce(sum(quantity), 0) FROM orders_tickets JOIN orders ON orders.id = order_id
        WHERE event_id = :event AND status = 'initializing'""",
}


def broken(url: str, sale: Sale, run: Rush, asked: int, sold: int) -> list[str]:
    """Every promise that was not kept, as a sentence; nothing when all is well.

    `asked` is how many buyers there were, `sold` how many places must be gone now.
    """
    with database.connected(url) as connection:
        found = [f"{what}: {rows[:5]}" for what, sql in NEVER.items() if (rows := connection.run(sql))]
        for what, sql in _SOLD.items():
            (count,) = connection.run(sql, event=sale.event_id)[0]
            if count != sold:
                found.append(f"{count} sold by the {what}, not {sold}")
        rows = connection.run("SELECT id, user_id FROM orders WHERE event_id = :event", event=sale.event_id)
    return [*found, *_mistold(run.stories, dict(rows), asked)]


def outcomes(run: Rush) -> dict[str, int]:
    """How many buyers have an order, have none, and do not know."""
    counted = Counter(_outcome(story) for story in run.stories)
    return {name: counted[name] for name in ("sold", "refused", "unknown")}


def _outcome(story: Story) -> str:
    if not all(answer.is_definite for answer in story.told):
        return "unknown"
    return "sold" if any(answer.order_id is not None for answer in story.told) else "refused"


def _mistold(stories: list[Story], owners: dict[int, int], asked: int) -> Iterator[str]:
    if len(stories) != asked:
        yield f"{len(stories)} of {asked} buyers were answered"
    unknown = [[answer.status for answer in story.told] for story in stories if _outcome(story) == "unknown"]
    if unknown:
        yield f"{len(unknown)} buyers have no definite answer: {unknown[:5]}"
    told_of: dict[int, int] = {}
    several = []
    for story in stories:
        ids = {answer.order_id for answer in story.told if answer.order_id is not None}
        if len(ids) > 1:
            several.append(sorted(ids))
        told_of |= dict.fromkeys(ids, story.buyer.person.user_id)
    if several:
        yield f"{len(several)} buyers were told of several orders: {several[:5]}"
    if told_of != owners:
        unheard = sorted(owners.keys() - told_of.keys())
        made_up = sorted(told_of.keys() - owners.keys())
        yield f"orders that their buyers do not know of: {unheard[:5]}, that are not theirs: {made_up[:5]}"
