"""What each switch of the template costs, off and on: a part of docs/cost.md."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from benchmarks import prices

# The rush of `make rush`: so many reads of nobody in ten minutes. Its aim is what reaches a function at most.
READS: Final = 50_000
MINUTES: Final = 10
REACHED: Final = 0.01
_COPIES: Final = 40  # processes of the API that are started for it: ApiConcurrency of deploy/prod.json
_MEMORY_GB: Final = 1.0
_TRACED: Final = MINUTES * 60, 0.05  # X-Ray's own rule: one request each second, and 5% of the others


@dataclass(frozen=True, slots=True)
class Switch:
    """Dollars a month at rest, and for a rush; each off and on."""

    name: str
    at_rest: tuple[float, float]
    in_rush: tuple[float, float]
    note: str


def switches(
    figures: dict[str, Any], per_million: dict[str, float], answer_kb: float, units: tuple[float, float]
) -> list[Switch]:
    """Each switch, alone. `units` are the database's capacity at rest and in a rush."""
    least, most = units
    hours = prices.HOURS_A_MONTH
    behind = READS / 1e6 * (prices.EDGE_PER_MILLION + prices.EDGE_FUNCTION_PER_MILLION)
    behind += READS * answer_kb / 1e6 * prices.EDGE_TRANSFER_PER_GB
    sent = per_million["answers sent"]
    without = READS / 1e6 * sum(per_million.values())
    started = figures["cold start"]["the zip"] / 1000 * _MEMORY_GB * prices.LAMBDA_GB_SECOND * _COPIES
    rests = _MEMORY_GB * hours * 3600 * prices.SNAPSHOT_GB_SECOND
    restored = _COPIES * _MEMORY_GB * prices.RESTORED_GB
    unit = prices.AURORA_UNIT_HOUR
    each_second, share = _TRACED
    reached = READS * REACHED
    traces = min(each_second, reached) + share * max(reached - each_second, 0)
    fixed_acl = prices.WEB_ACL_MONTH + 2 * prices.WEB_ACL_RULE_MONTH
    acl = prices.WEB_ACL_PER_MILLION * reached / 1e6
    return [
        Switch(
            "edge, `UseEdge`",
            (0, prices.SECRET_MONTH),
            (without, behind + reached / 1e6 * (sum(per_million.values()) - sent)),
            f"on, {1 - REACHED:.0%} of the reads reach no function, as `make rush` prints",
        ),
        Switch(
            "SnapStart, `SnapStart`",
            (0, rests),
            (started, restored),
            f"one version is kept; {_COPIES} processes begin, and off, each is billed for its start",
        ),
        Switch(
            "reader, `UseReader`",
            (0, least * unit * hours),
            (0, (most - least) * unit * MINUTES / 60),
            "a second instance of the cluster, which grows with the first",
        ),
        Switch(
            "pooler, `UseProxy`",
            (0, prices.PROXY_LEAST_UNITS * prices.PROXY_UNIT_HOUR * hours),
            (0, 0),
            f"RDS Proxy bills {prices.PROXY_LEAST_UNITS} capacity units at least, whatever the cluster has; "
            "before an instance with two processors it is "
            f"{2 * prices.PROXY_PROCESSOR_HOUR * hours:.2f} a month",
        ),
        Switch("web ACL, `UseWebAcl`", (0, fixed_acl), (0, acl), "counts what reaches the API, edge on"),
        Switch(
            "traces, `Tracing`",
            (0, 0),
            (0, traces / 1e6 * prices.TRACE_PER_MILLION),
            "X-Ray's own rule: one request each second and 5% of the others, edge on",
        ),
    ]


def lines(found: list[Switch]) -> Iterator[str]:
    """The table, in Markdown."""
    yield "## Switches"
    yield ""
    yield (
        f"Each alone, in dollars: a month at rest, and a rush of {READS:,} reads by nobody in {MINUTES} "
        "minutes as in `make rush`."
    )
    yield ""
    yield "| switch | at rest, off | at rest, on | a rush, off | a rush, on | |"
    yield "| --- | ---: | ---: | ---: | ---: | --- |"
    for switch in found:
        rest, rush = switch.at_rest, switch.in_rush
        yield (
            f"| {switch.name} | {rest[0]:.2f} | {rest[1]:.2f} | {rush[0]:.4f} | {rush[1]:.4f} "
            f"| {switch.note} |"
        )
    yield ""
