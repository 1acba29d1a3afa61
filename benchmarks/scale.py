"""What many people at once ask for, from the benchmark's figures and AWS's quotas: writes docs/scale.md.

`python3 -m benchmarks.scale`, after `make bench`, or with the figures that are kept (figures.py).
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from benchmarks import figures, quotas
from benchmarks.cost import billed_ms
from benchmarks.figures import ROOT
from chalicelib.settings import Settings

_STEPS: Final = (1, 1_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
# What people do within the hour after a link was posted, and the share of it in the worst minute.
_READS, _SIGNED_IN, _THEIR_READS, _BUYERS, _WRITES = 8, 0.2, 12, 0.02, 4
_WORST_MINUTE: Final = 0.05
_PAGES: Final = 20  # that most of them open
_ANONYMOUS: Final = {"1": 0.5, "2": 0.2, "3": 0.15, "5": 0.15}
_KNOWN: Final = {"1+": 0.4, "2+": 0.2, "3+": 0.2, "5+": 0.2}
_SHARED_SECONDS: Final = Settings().shared_seconds
_MAILS, _TASKS, _TASK_SECONDS, _BATCH = 2, 4, 0.2, 10  # of an order; a task's time, most of it a mail's
_COMMIT_MS: Final = 3.0  # of a place in a pool: the row is locked until it is kept on several disks


@dataclass(frozen=True)
class Peak:
    """The worst second of one step: requests a second at each part, and what they take."""

    people: int
    at_edge: float
    from_origin: float
    signed_in: float
    writes: float
    functions: float
    processors: float

    @property
    def spared(self) -> float:
        """The share of the reads without an account that reach no function."""
        return 1 - self.from_origin / self.at_edge

    @property
    def orders(self) -> float:
        """Orders in the worst second."""
        return self.writes / _WRITES

    @property
    def mails_a_day(self) -> float:
        """Mails of all orders of the hour."""
        return self.people * _BUYERS * _MAILS

    @property
    def tasks(self) -> float:
        """Functions that do tasks at once, if none is to wait."""
        return self.orders * _TASKS * _TASK_SECONDS

    @property
    def at_gateway(self) -> float:
        """Requests that API Gateway gets, with the edge switched on."""
        return self.from_origin + self.signed_in + self.writes


@dataclass(frozen=True)
class Limit:
    """Something that ends: demand and limit in the same unit, and what an operator turns."""

    name: str
    demand: float
    limit: float
    turn: str


def peak(result: dict[str, Any], people: int, shared_seconds: float) -> Peak:
    """The worst second of an hour in which so many people come."""
    factor = people * _WORST_MINUTE / 60
    at_edge = factor * _READS
    from_origin = min(at_edge, _PAGES * quotas.REGIONAL_CACHES / shared_seconds)
    signed_in, writes = factor * _SIGNED_IN * _THEIR_READS, factor * _BUYERS * _WRITES
    work = (
        *((key, share * from_origin) for key, share in _ANONYMOUS.items()),
        *((key, share * signed_in) for key, share in _KNOWN.items()),
        ("4", writes),
    )
    return Peak(
        people,
        at_edge,
        from_origin,
        signed_in,
        writes,
        functions=sum(rate * billed_ms(result, key) for key, rate in work) / 1000,
        processors=sum(rate * _database_ms(result, key) for key, rate in work) / 1000,
    )


def limits(step: Peak, parameters: dict[str, str]) -> list[Limit]:
    """All limits at this step, as the template is deployed; the most used first."""
    units = step.processors / quotas.PROCESSORS_A_CAPACITY_UNIT
    throttle = float(parameters.get("ThrottleRate", "200"))
    most, tasks = float(parameters["MaxCapacity"]), float(parameters["TasksConcurrency"])
    in_flight = min(step.tasks, tasks) * _BATCH
    found = (
        Limit("`ThrottleRate`", step.at_gateway, throttle, "raise it, up to the account's quota"),
        Limit("`ApiConcurrency`", step.functions, float(parameters["ApiConcurrency"]), "raise it"),
        Limit("`TasksConcurrency`", step.tasks, tasks, "raise it; until then mails come later"),
        Limit("`MaxCapacity` of the database", units, most, "raise it, and let reads go to a replica"),
        Limit("places sold from one pool", step.orders, 1000 / _COMMIT_MS, "several pools"),
        Limit(
            "API Gateway's quota",
            step.at_gateway,
            quotas.API_GATEWAY_PER_SECOND,
            "ask AWS for more, or several accounts",
        ),
        Limit(
            "Lambda's quota, at once", step.functions + step.tasks, quotas.LAMBDA_AT_ONCE, "ask AWS for more"
        ),
        Limit(
            "Lambda's quota, begun in ten seconds",
            step.functions,
            quotas.LAMBDA_MORE_IN_TEN_SECONDS,
            "warm up beforehand, or several functions",
        ),
        Limit("SQS to Lambda, batches at once", step.tasks, quotas.QUEUE_BATCHES, "several queues"),
        Limit("SQS, messages in flight", in_flight, quotas.QUEUE_IN_FLIGHT, "several queues"),
        Limit(
            "SES, mails a day, in its sandbox",
            step.mails_a_day,
            quotas.MAILS_A_DAY,
            "leave the sandbox, and ask for this many beforehand",
        ),
        Limit(
            "SES, mails a second, in its sandbox",
            step.orders * _MAILS,
            quotas.MAILS_PER_SECOND,
            "leave the sandbox; what is refused is sent later",
        ),
        Limit(
            "CloudFront's quota", step.at_edge, quotas.CLOUDFRONT_PER_SECOND, "ask AWS for more beforehand"
        ),
        Limit(
            "the largest database", units, quotas.MOST_CAPACITY_UNITS, "replicas for reads; events in shards"
        ),
    )
    return sorted(found, key=lambda item: item.limit / item.demand)


def exceeded(step: Peak, parameters: dict[str, str]) -> list[Limit]:
    """The limits that end first at this step."""
    return [item for item in limits(step, parameters) if item.demand > item.limit]


def main() -> int:
    """Write the page."""
    figures.write("scale.md", page(figures.renew()))
    return 0


def page(result: dict[str, Any]) -> str:
    """The page, of these figures."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: dict[str, Any]) -> Iterator[str]:
    parameters = json.loads((ROOT / "deploy" / "prod.json").read_text())["parameters"]
    yield "# From one visitor to a hundred million"
    yield ""
    yield (
        f"Generated by `python3 -m benchmarks.scale` from the benchmark of {result['when'][:10]} and AWS's "
        f"default quotas of {quotas.DATE}. Do not edit: change `benchmarks/quotas.py`, or the assumptions in "
        "`benchmarks/scale.py`. Computed, not tried: no machine of ours has a hundred million visitors."
    )
    yield from _drawing()
    steps = [peak(result, people, _SHARED_SECONDS) for people in _STEPS]
    yield from _demands(steps)
    yield from _what_ends_first(steps, parameters)
    yield from _of_each_limit(steps, parameters)
    yield from _assumptions(parameters)


def _drawing() -> Iterator[str]:
    yield ""
    yield "```"
    yield "people -- CloudFront --+-- a cache's answer: in a rush 99% of what nobody signed in for"
    yield "                       |"
    yield "                       +-- API Gateway -- functions --+-- the writer: what is sold, every write"
    yield "                           throttle       one request |     |"
    yield "                           web ACL        at a time   |     +-- outbox -- SQS -- tasks -- SES"
    yield "                                                      +-- replicas, if there are: reads"
    yield "```"


def _demands(steps: list[Peak]) -> Iterator[str]:
    yield ""
    yield "## What the worst second asks for"
    yield ""
    yield (
        "| people in the hour | requests at the edge | of these to the origin | the edge answers | signed in "
        "| writes | functions at once | functions of tasks | processors of the database | mails that day |"
    )
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for step in steps:
        later = (step.signed_in, step.writes, step.functions, step.tasks, step.processors, step.mails_a_day)
        cells = [*map(_short, (step.at_edge, step.from_origin)), f"{step.spared:.2%}", *map(_short, later)]
        yield f"| {step.people:,} | {' | '.join(cells)} |"


def _what_ends_first(steps: list[Peak], parameters: dict[str, str]) -> Iterator[str]:
    yield ""
    yield "## Which limit comes first, and what an operator turns"
    yield ""
    yield "As `deploy/prod.json` deploys it; the limit that is exceeded most comes first."
    yield ""
    yield "| people in the hour | limit | asked for | what to turn |"
    yield "| ---: | --- | --- | --- |"
    for step in steps:
        reached = exceeded(step, parameters)
        if not reached:
            yield f"| {step.people:,} | none | | nothing |"
        for item in reached:
            asked = f"{_short(item.demand)} of {_short(item.limit)}"
            yield f"| {step.people:,} | {item.name} | {asked} | {item.turn} |"


def _of_each_limit(steps: list[Peak], parameters: dict[str, str]) -> Iterator[str]:
    yield ""
    yield "## How much of each limit is used"
    yield ""
    yield "More than 100% is printed bold; less than a hundredth is left out."
    yield ""
    yield f"| limit | | {' | '.join(f'{step.people:,}' for step in steps)} |"
    yield f"| --- | ---: |{' ---: |' * len(steps)}"
    by_step = [{item.name: item for item in limits(step, parameters)} for step in steps]
    for name in by_step[-1]:
        cells = (_share(items[name]) for items in by_step)
        yield f"| {name} | {_short(by_step[0][name].limit)} | {' | '.join(cells)} |"


def _share(limit: Limit) -> str:
    share = limit.demand / limit.limit
    if share > 1:
        return f"**{share:,.0%}**"
    return f"{share:.0%}" if share >= 0.01 else ""


def _assumptions(parameters: dict[str, str]) -> Iterator[str]:
    connections = int(
        float(parameters["MaxCapacity"]) * quotas.CAPACITY_UNIT_BYTES / quotas.BYTES_A_CONNECTION
    )
    yield ""
    yield "## Assumptions"
    yield ""
    yield (
        f"- Each makes {_READS} reads without an account; {_SIGNED_IN:.0%} sign in and read {_THEIR_READS} "
        f"times more; {_BUYERS:.0%} buy, by {_WRITES} writes. {_WORST_MINUTE:.0%} of it all comes in the "
        "worst minute."
    )
    yield (
        f"- They open {_PAGES} pages. {quotas.REGIONAL_CACHES} regional caches ask for each of them every "
        f"{_SHARED_SECONDS} seconds, however many people come ([edge.md](edge.md))."
    )
    yield (
        "- A function answers one request at a time, so functions at once are connections to the database. "
        f"PostgreSQL takes {connections:,} with `MaxCapacity` {parameters['MaxCapacity']}, and at most "
        f"{quotas.MOST_CONNECTIONS:,}: `ApiConcurrency` ends before."
    )
    yield (
        f"- New functions come by {quotas.LAMBDA_MORE_IN_TEN_SECONDS:,} in ten seconds: the first second of "
        "a rush waits for cold starts, not for a quota."
    )
    yield (
        f"- An order leaves {_TASKS} tasks and {_MAILS} mails; a task takes {_TASK_SECONDS} seconds. A "
        f"function receives {_BATCH} and does one after the other. A queue begins with "
        f"{quotas.QUEUE_FIRST_BATCHES} functions at once, and gets {quotas.QUEUE_MORE_IN_A_MINUTE} more each "
        "minute, up to `TasksConcurrency`: what waits is done later, and nothing is lost. Calls of a "
        "standard queue have no limit."
    )
    yield (
        f"- SES sends {quotas.MAILS_A_DAY} mails a day in its sandbox, {quotas.MAILS_PER_SECOND} a second. "
        "AWS grants each account that has left it a figure of its own, and names none."
    )
    yield (
        "- How much the edge answers is computed here; `make rush` tries it with 10,000 readers, of an event "
        "that is edited, and unpublished for a minute: 99% and more ([edge.md](edge.md))."
    )
    share = quotas.PROCESSORS_A_CAPACITY_UNIT
    yield f"- One capacity unit is taken for {share} processors as measured; AWS names no figure."
    yield (
        f"- A place in a pool locks the pool's counter for the commit alone, {_COMMIT_MS:g} ms: "
        f"{1000 / _COMMIT_MS:.0f} orders a second and pool. Whoever comes when nothing is left locks nothing."
    )
    yield "- Quotas: " + ", ".join(quotas.SOURCES) + "."


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _database_ms(result: dict[str, Any], key: str) -> float:
    """How long a processor of the database works for an answer: what ours does not, as both are here."""
    figure = result["cases"][key]["ours"]
    return float(max(0.05, figure["ms"] - figure["python"]))


if __name__ == "__main__":
    sys.exit(main())
