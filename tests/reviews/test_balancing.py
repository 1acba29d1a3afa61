"""Automatic assignment as an algorithm: complete where that is possible, by track, even, and deterministic."""

from collections import Counter
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.resources.reviews.balancing import Matching, Pair


def solved(
    needs: dict[int, int],
    preferred: dict[int, list[int]],
    others: dict[int, list[int]],
    load: dict[int, int],
    limit: Mapping[int, int | None],
) -> list[Pair]:
    return Matching(needs, preferred, others, dict(load), limit).solve()


def test_a_reviewer_passes_a_session_on_so_that_none_is_left_out() -> None:
    # The first session takes either, the second the first reviewer alone; each has room for one.
    pairs = solved({1: 1, 2: 1}, {1: [1, 2], 2: [1]}, {}, {1: 0, 2: 0}, {1: 1, 2: 1})
    assert pairs == [(1, 2), (2, 1)]


def test_who_covers_the_track_comes_first_and_others_fill_what_is_left() -> None:
    pairs = solved({1: 2, 2: 2}, {1: [1], 2: [1]}, {1: [2], 2: [2]}, {1: 0, 2: 0}, {1: None, 2: None})
    assert pairs == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_loads_that_were_there_count() -> None:
    pairs = solved(dict.fromkeys(range(6), 1), {talk: [1, 2] for talk in range(6)}, {}, {1: 4, 2: 0}, {})
    assert Counter(reviewer for _, reviewer in pairs) == {1: 1, 2: 5}


_REVIEWERS = (1, 2, 3, 4)


@given(
    st.dictionaries(
        st.integers(1, 8),
        st.tuples(
            st.integers(0, 3), st.sets(st.sampled_from(_REVIEWERS)), st.sets(st.sampled_from(_REVIEWERS))
        ),
        max_size=8,
    ),
    st.lists(st.integers(0, 6), min_size=4, max_size=4),
)
def test_it_fills_as_many_places_as_there_can_be(
    sessions: dict[int, tuple[int, set[int], set[int]]], limits: list[int]
) -> None:
    needs = {talk: need for talk, (need, _, _) in sessions.items()}
    preferred = {talk: sorted(ones) for talk, (_, ones, _) in sessions.items()}
    others = {talk: sorted(more - ones) for talk, (_, ones, more) in sessions.items()}
    limit = dict(zip(_REVIEWERS, limits, strict=True))
    load = dict.fromkeys(_REVIEWERS, 0)
    pairs = solved(needs, preferred, others, load, limit)
    assert pairs == solved(needs, preferred, others, load, limit)
    assert len(set(pairs)) == len(pairs)
    by_talk, by_reviewer = Counter(talk for talk, _ in pairs), Counter(reviewer for _, reviewer in pairs)
    assert all(by_talk[talk] <= need for talk, need in needs.items())
    assert all(by_reviewer[reviewer] <= most for reviewer, most in limit.items())
    assert all(reviewer in {*preferred[talk], *others[talk]} for talk, reviewer in pairs)
    assert len(pairs) == _most(needs, preferred, others, limit)


def _most(
    needs: dict[int, int],
    preferred: dict[int, list[int]],
    others: dict[int, list[int]],
    limit: Mapping[int, int],
) -> int:
    """The largest number of pairs, by the min-cut over all sets of reviewers (max-flow min-cut theorem)."""
    allowed = {talk: {*preferred[talk], *others[talk]} for talk in needs}
    cuts = []
    for mask in range(2 ** len(_REVIEWERS)):
        cut = {reviewer for place, reviewer in enumerate(_REVIEWERS) if mask >> place & 1}
        rest = sum(min(needs[talk], len(allowed[talk] - cut)) for talk in needs)
        cuts.append(sum(limit[reviewer] for reviewer in cut) + rest)
    return min(cuts)
