"""Memorable references: every number has a sentence, and every sentence a number."""

import hashlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.memorable import OF_16_BITS, OF_32_BITS, OF_64_BITS, NotASentence, Sentences, words
from chalicelib.memorable.explanation import edits, nearest

EXAMPLE = "20 exultant leopards strode intensely"
SIZES = {16: OF_16_BITS, 32: OF_32_BITS, 64: OF_64_BITS}


def refusal(sentences: Sentences, text: str) -> str:
    with pytest.raises(NotASentence) as refused:
        sentences.read(text)
    return str(refused.value)


@pytest.mark.parametrize("bits", SIZES)
def test_there_are_exactly_as_many_sentences_as_numbers(bits: int) -> None:
    assert SIZES[bits].size == 2**bits


@pytest.mark.parametrize("bits", SIZES)
def test_a_number_outside_the_range_has_no_sentence(bits: int) -> None:
    for number in (-1, 2**bits):
        with pytest.raises(ValueError, match="has no sentence"):
            SIZES[bits].write(number)


def test_each_number_of_16_bits_has_a_sentence_of_its_own() -> None:
    sentences = [OF_16_BITS.write(number) for number in range(2**16)]
    assert len(set(sentences)) == 2**16
    assert all(OF_16_BITS.read(sentences[number]) == number for number in range(0, 2**16, 7))


@given(st.integers(0, 2**16 - 1))
def test_16_bits_come_back(number: int) -> None:
    assert OF_16_BITS.read(OF_16_BITS.write(number)) == number


@given(st.integers(0, 2**32 - 1))
def test_32_bits_come_back(number: int) -> None:
    assert OF_32_BITS.read(OF_32_BITS.write(number)) == number


@given(st.integers(0, 2**64 - 1))
def test_64_bits_come_back(number: int) -> None:
    assert OF_64_BITS.read(OF_64_BITS.write(number)) == number


@given(st.sampled_from(list(SIZES)), st.data())
def test_different_numbers_have_different_sentences(bits: int, data: st.DataObject) -> None:
    one, other = data.draw(st.lists(st.integers(0, 2**bits - 1), min_size=2, max_size=2, unique=True))
    assert SIZES[bits].write(one) != SIZES[bits].write(other)


@given(st.tuples(*(st.sampled_from(part.words) for part in OF_32_BITS.parts)))
def test_every_sentence_has_a_number(chosen: tuple[str, ...]) -> None:
    sentence = " ".join(chosen)
    assert OF_32_BITS.write(OF_32_BITS.read(sentence)) == sentence


def test_what_was_told_to_people_stays_true() -> None:
    assert OF_16_BITS.write(44975) == "7 leopards strode"
    assert OF_32_BITS.write(19131353) == EXAMPLE
    assert OF_64_BITS.write(19131353 * 2**32 + 19131353) == f"{EXAMPLE} and {EXAMPLE}"
    # The words, and the order they are in.
    lists = (words.FEW, words.MANY, words.ADJECTIVES, words.ANIMALS, words.DEEDS, words.MANNERS)
    written = "\n".join(" ".join(item) for item in lists)
    assert hashlib.sha256(written.encode()).hexdigest()[:16] == "ee83087b1eed7df6"


_BETWEEN = st.sampled_from(
    [" ", "", "   ", ",", ", ", "-", " \u2013 ", "\u2014", "_", "\t\n", "\u00a0", ". ", "/", "\u2011"]
)


@given(st.sampled_from(list(SIZES)), st.data())
def test_any_case_and_spacing_reads_the_same(bits: int, data: st.DataObject) -> None:
    sentences = SIZES[bits]
    number = data.draw(st.integers(0, sentences.size - 1))
    text = data.draw(_BETWEEN)
    for word in sentences.write(number).split():
        text += data.draw(st.sampled_from([str.lower, str.upper, str.title]))(word) + data.draw(_BETWEEN)
    assert sentences.read(text) == number


@pytest.mark.parametrize(
    "text",
    [
        EXAMPLE,
        "  20 Exultant LEOPARDS strode intensely.\n",
        "\u201c20 exultant leopards strode intensely\u201d",
        "20-exultant-leopards-strode-intensely",
        "20_exultant_leopards_strode_intensely",
        "20, exultant, leopards, strode, intensely",
        "20exultantleopardsstrodeintensely",
        "20 exultant leo pards strode in tensely",
        "0020 exultant leopards strode intensely",
        "\uff12\uff10 \uff25xultant leopards strode intensely",
        "20 exultant\u200b leopards strode inten\u00adsely",
    ],
)
def test_people_write_a_reference_in_many_ways(text: str) -> None:
    assert OF_32_BITS.read(text) == 19131353


@given(st.text(max_size=300))
def test_no_text_at_all_breaks_the_reader(text: str) -> None:
    for sentences in SIZES.values():
        try:
            number = sentences.read(text)
        except NotASentence:
            continue
        assert 0 <= number < sentences.size


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.data())
def test_a_word_with_one_slip_is_answered_with_the_right_one(
    number: int, place: int, data: st.DataObject
) -> None:
    said = OF_32_BITS.write(number).split()
    right = said[place]
    at = data.draw(st.integers(1, len(right) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz"))
    slips = [
        right[:at] + right[at + 1 :],
        right[:at] + letter + right[at:],
        right[:at] + letter + right[at + 1 :],
    ]
    slip = data.draw(st.sampled_from(slips).filter(lambda item: item != right))
    said[place] = slip
    assert f"'{slip}' here; did you mean '{right}'?" in refusal(OF_32_BITS, " ".join(said))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("20 exultant leopord strode intensely", "There is no animal 'leopord' here; did you mean 'leopards'?"),
        ("20 exultant Leopard strode intensely", "There is no animal 'leopard' here; did you mean 'leopards'?"),
        ("20 exultant wolf strode intensely", "There is no animal 'wolf' here; did you mean 'wolves'?"),
        ("20 exultant goose strode intensely", "There is no animal 'goose' here; did you mean 'geese'?"),
        ("20 exultant xyzzy strode intensely", "There is no animal 'xyzzy' here."),
        ("200 exultant leopards strode intensely", "There is no number '200' here; did you mean '20'?"),
        ("٢٠ exultant leopards strode intensely", "There is no number '٢٠' here."),
        ("twenty exultant leopards strode intensely", "'twenty' is no number in digits, such as 20."),
    ],
)  # fmt: skip
def test_a_wrong_word_is_answered_with_the_nearest_right_one(text: str, told: str) -> None:
    assert refusal(OF_32_BITS, text) == told


def test_all_wrong_words_are_told_at_once() -> None:
    told = refusal(OF_32_BITS, "20 exultent leopards strode intensly")
    assert "did you mean 'exultant'?" in told
    assert "did you mean 'intensely'?" in told


@pytest.mark.parametrize(
    ("sentences", "text", "told"),
    [
        (OF_32_BITS, "20 leopards exultant strode intensely", "'leopards' is in the wrong place: the adjective belongs there."),
        (OF_32_BITS, "20 leopards strode intensely", "Missing: adjective. This has 4 words, and a reference has 5: number,"),
        (OF_32_BITS, "20 leopord strode intensely", "Missing: adjective."),
        (OF_32_BITS, "20", "Missing: adjective, animal, verb, adverb. This has 1 word, and a reference has 5"),
        (OF_32_BITS, " ,- ", "This has no words, and a reference has 5: number, adjective, animal, verb, adverb"),
        (OF_32_BITS, "hello world", "This has 2 words, and a reference has 5"),
        (OF_32_BITS, EXAMPLE + " again", "This has 6 words, and a reference has 5"),
        (OF_32_BITS, "20 exultant big leopards strode intensely", "There is no word 'big' here. This has 6 words"),
        (OF_16_BITS, "7 leopards", "Missing: verb. This has 2 words, and a reference has 3: number, animal, verb"),
        (OF_64_BITS, f"{EXAMPLE} {EXAMPLE}", "Missing: and. This has 10 words, and a reference has 11"),
        (OF_64_BITS, f"{EXAMPLE} or {EXAMPLE}", "'and' belongs where 'or' stands."),
        (OF_64_BITS, EXAMPLE, "Missing: and, number, adjective, animal, verb, adverb."),
        (OF_32_BITS, "leopards " * 100, "This is too long to be a reference."),
        (OF_32_BITS, "\ufdfa" * 200, "This is too long to be a reference."),
    ],
)  # fmt: skip
def test_what_is_no_sentence_is_told_what_it_lacks(sentences: Sentences, text: str, told: str) -> None:
    assert told in refusal(sentences, text)


def test_the_example_in_an_explanation_is_a_sentence() -> None:
    for sentences in SIZES.values():
        example = refusal(sentences, "hello").partition("as in '")[2].rstrip("'.")
        assert sentences.write(sentences.read(example)) == example


def test_the_nearest_word_is_found_by_slips_of_the_finger() -> None:
    assert [edits("abc", other) for other in ("abc", "acb", "ab", "abcd", "xbc", "")] == [0, 1, 1, 1, 1, 3]
    assert nearest("x" * 17, words.ANIMALS) is None


def test_importing_it_brings_nothing_along() -> None:
    code = "import sys, chalicelib.memorable; print(*(name for name in sys.modules if name.startswith('chalicelib')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {"chalicelib.memorable", "chalicelib.memorable.sentences", "chalicelib.memorable.words"}
    assert set(done.stdout.split()) == {"chalicelib", *ours}
