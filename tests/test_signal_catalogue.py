"""docs/signals.md tells every signal that there is, with what it carries and who listens."""

import re
from pathlib import Path

import pytest

from chalicelib.resources import REGISTRY
from devstack.signal_map import ANY_TYPE, Signal, Unreadable, catalogue

ROOT = Path(__file__).resolve().parent.parent
OPENING = '"""Something that tells."""\n\nfrom chalicelib import signals\n\n\n'


def told() -> dict[str, tuple[Signal, str]]:
    """The signals of the page, each with the sentence that says when."""
    found = {}
    for line in (ROOT / "docs" / "signals.md").read_text().splitlines():
        if not re.match(r"\| `[\w<>-]+\.\w+` \|", line):
            continue
        name, carries, when, listeners = (cell.strip() for cell in line.split("|")[1:-1])
        always, _, sometimes = carries.partition("(")
        found[name.strip("`")] = (
            Signal(name.strip("`"), _names(always), _names(sometimes), _names(listeners)),
            when,
        )
    return found


def _names(cell: str) -> frozenset[str]:
    return frozenset(re.findall(r"`(\w+)`", cell))


def test_the_page_tells_every_signal_with_what_it_carries_and_who_listens() -> None:
    assert {name: signal for name, (signal, _) in told().items()} == catalogue(), (
        "docs/signals.md has a line for each signal: what it carries, when it is emitted, who listens"
    )


def test_each_signal_is_told_with_when_it_is_emitted() -> None:
    assert [name for name, (_, when) in told().items() if len(when.split()) < 3] == []


def test_every_signal_is_about_a_noun() -> None:
    # Files that arrive are no noun of the API's contract, but have rows all the same.
    known = {resource.type for resource in REGISTRY} | {ANY_TYPE, "upload"}
    assert [name for name in catalogue() if name.rpartition(".")[0] not in known] == []


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        (
            "@signals.on('faq.asked')\ndef hear(session, **payload): ...\n",
            "new listens to faq.asked, which nobody",
        ),
        (
            "def tell(session, name):\n    signals.emit(session, name + '.asked', id=1)\n",
            "which signal is emitted",
        ),
        ("def tell(session, more):\n    signals.emit(session, 'faq.asked', **more)\n", "with which payload"),
    ],
    ids=["a name that nobody emits", "a name that cannot be read", "a payload that cannot be read"],
)
def test_what_nobody_could_look_up_is_refused(tmp_path: Path, code: str, complaint: str) -> None:
    place = tmp_path / "chalicelib" / "tasks"
    place.mkdir(parents=True)
    (place / "new.py").write_text(OPENING + code)

    with pytest.raises(Unreadable, match=complaint):
        catalogue(tmp_path)


def test_names_are_read_however_they_are_put_together(tmp_path: Path) -> None:
    place = tmp_path / "chalicelib" / "actions"
    place.mkdir(parents=True)
    (place / "new.py").write_text(
        OPENING
        + '_NEWS = {"a": "kettle.filled", "b": "kettle.boiled"}\n\n\n'
        + "def tell(session, resource, what):\n"
        + '    news = {"by": 1}\n'
        + "    signals.emit(session, f'{resource.type}.{what}', id=1, **news)\n"
        + "    signals.emit(session, _NEWS[what], id=1)\n\n\n"
        + "def do(session, resource):\n    tell(session, resource, 'created')\n    tell(session, resource, 'lost')\n\n\n"
        + "@signals.on('kettle.boiled')\ndef hear(session, **payload): ...\n"
    )

    found = catalogue(tmp_path)

    assert {name: set(signal.always) for name, signal in found.items()} == {
        "<type>.created": {"id", "by"},
        "<type>.lost": {"id", "by"},
        "kettle.filled": {"id"},
        "kettle.boiled": {"id"},
    }
    assert found["kettle.boiled"].listeners == {"new"}
