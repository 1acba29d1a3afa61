"""docs/compatibility.md, made of the clients' files."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from chalicelib.jsonapi.ground.request import MEDIA_TYPE
from tests.compatibility.expectations import FILES, Call, ClientFile, read

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "compatibility.md"
_TOP: Final = """# Compatibility with existing clients

What the clients of the Open Event Server send, and what they need of the answers: {all} calls, of which {works} are answered
as they need it and {missing} are not there yet. [clients.md](clients.md) says where these clients deviate from JSON:API,
and what is left out on purpose.

`make compatibility` makes this page of the files in tests/compatibility; `make test` replays each call over HTTP, in this
order, and fails when an answer lacks something, when a call that is missing here is there, and when this page is stale.
A journey sends them once more over the network, as a browser with its preflight requests and as the apps do.
`$(name)` stands for something of the event in tests/compatibility/world.py, or for a value of an earlier answer.
"""


def written() -> str:
    """The page."""
    files = [read(name) for name in FILES]
    calls = [call for file in files for call in file.calls()]
    missing = sum(1 for call in calls if call.missing)
    top = _TOP.format(all=len(calls), works=len(calls) - missing, missing=missing)
    return top + "".join(line for file in files for line in _client(file))


def _client(file: ClientFile) -> Iterator[str]:
    yield f"\n## {file.name[0].upper()}{file.name[1:]}\n\n"
    sent = ", ".join(f"`{name}: {value}`" for name, value in file.headers.items() if value)
    without = ", ".join(f"no `{name}`" for name, value in file.headers.items() if not value)
    yield f"Headers of every request: {', '.join(part for part in (sent, without) if part)}.\n"
    for day in file.days:
        yield f"\n### {file.name[0].upper()}{file.name[1:]}: {day.name[0].lower()}{day.name[1:]}\n\n"
        yield "| for | request | needs |\n| --- | --- | --- |\n"
        for call in day.calls:
            yield f"| {_cell(call.purpose)} | {'<br>'.join(_request(call))} | {_needs(call)} |\n"


def _request(call: Call) -> Iterator[str]:
    query = "&".join(
        f"{name}={value if isinstance(value, str) else _json(value)}" for name, value in call.query.items()
    )
    joined = ("&" if "?" in call.path else "?") + query if query else ""
    yield f"`{_cell(f'{call.method} {call.path}{joined}')}`"
    if call.media_type and call.media_type != MEDIA_TYPE:
        yield f"`Content-Type: {call.media_type}`"
    if call.body is not None:
        yield f"`{_cell(_json(call.body))}`"
    if call.file:
        yield f"a form (multipart/form-data) with the file `{call.file['field']}`"
    if call.back:
        changed = _json(call.back.get("set", {}))
        yield f"the {call.back['of']}, with `{_cell(changed)}`"


def _needs(call: Call) -> str:
    missing = [f"**missing** ({call.missing})"] if call.missing else []
    return "<br>".join([*missing, str(call.needs["status"]), *_members(call.needs)])


def _members(needs: Mapping[str, Any]) -> Iterator[str]:
    for path, value in needs.items():
        if path != "status":
            yield f"`{path}`: {value if isinstance(value, str) else _json(value)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
