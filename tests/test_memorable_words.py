"""The words of memorable references: heard rightly, spelled one way, and harmless in any combination."""

import re
from collections import Counter
from itertools import combinations

import pytest

from chalicelib.memorable import words
from chalicelib.memorable.explanation import edits

LISTS = {
    "adjectives": words.ADJECTIVES,
    "animals": words.ANIMALS,
    "deeds": words.DEEDS,
    "manners": words.MANNERS,
}
ALL_WORDS = [word for item in LISTS.values() for word in item]

# What was left out, and must not come back.
LEFT_OUT = {
    "names that people are called": "apes asses baboons bats buzzards chimps cougars cows cuckoos dogs donkeys frogs "
    "goats gorillas hogs leeches lemmings maggots minnows moles monkeys mules parasites pigs raccoons rats shrews "
    "shrimps skunks snakes swine toads turkeys vermin vipers vultures weasels worms",
    "what people are": "black brown crippled dumb exotic fat foreign frugal gay holy lame oriental poor primitive red "
    "savage servile slow stingy straight stupid supreme ugly white yellow obediently",
    "second meanings": "beavers boobies cockatoos cocks crabs hairy hard horny hot intimate moist naked peckers randy "
    "sexy touched wet willing woodpeckers banged blew came licked mounted performed rode screwed deeply hotly",
    "sadness and violence": "bloody cruel dead dying fatal grim killer lethal sad vicious violent attacked bit bled burned cried crashed "
    "died drowned fought killed mourned perished screamed shot suffered wept bitterly brutally cruelly fatally forever "
    "grimly painfully sadly solemnly piranhas",
    "what is done to animals": "baked boiled cooked fried grilled hunted roasted smoked steamed stuffed slaughtered",
    "said like another word": "ants aunts bare bear bears beetles bold bowled cheetahs cygnets deer dear doe doves fawns feat foul fowl fur "
    "gnus gorillas gulls hairs hares herd horse horses humorous knew knightly lamas llamas links marlins martens moose mousse mussels "
    "newts nightly owed paws peered read rode rose rowed sailed sale seals sighed signets storks sunny tapirs terns turns tied "
    "tide toed towed toucans waited waved waived weak week weekly whales whined wrote discreet discrete idle idol patient",
    "two spellings": "analysed practised organised harmonised travelled yodelled signalled snorkelled dreamed dreamt learned learnt leapt "
    "leaped cosy cozy grey gray greyhounds skilful marvellous colourful flavourful cheerful jewelled dived dove flamingos "
    "flamingoes buffaloes dingoes geckos griffins gryphons narwhals opossums possums orangutans toward towards backwards",
    "one form for one and many": "bison caribou deer fish moose reindeer sheep shrimp squid swine",
}


def sound(word: str) -> str:
    """Roughly what is heard of a word on a bad line: its consonants, voiced or not."""
    word = re.sub(r"^(kn|gn|wr|ps|pn)", lambda actual: actual[0][1], word)
    for letters, heard in (
        ("sch", "sk"), ("tch|ch|sh", "S"), ("ph", "f"), ("gh", ""), ("ck", "k"), ("c(?=[eiy])", "s"), ("c|q", "k"),
        ("x", "ks"), ("z", "s"), ("dg(?=e)|g(?=[eiy])", "j"), ("wh", "w"), ("mb(?=s|ed|$)", "m"), ("v", "f"), ("d", "t"),
    ):  # fmt: skip
        word = re.sub(letters, heard, word)
    first = "A" if word[0] in "aeiou" else word[0]
    return re.sub(r"(.)\1+", r"\1", first + re.sub("[aeiouyhw]", "", word[1:]))


@pytest.mark.parametrize("name", LISTS)
def test_words_are_short_lower_case_and_in_order(name: str) -> None:
    found = LISTS[name]
    assert all(re.fullmatch("[a-z]{3,12}", word) for word in found)
    assert list(found) == sorted(set(found))


def test_no_word_is_nearly_another_one() -> None:
    pairs = [
        (value, other) for value, other in combinations(ALL_WORDS, 2) if abs(len(value) - len(other)) < 3
    ]
    near = [(value, other) for value, other in pairs if edits(value, other) < 3]
    assert near == []


@pytest.mark.parametrize("name", LISTS)
def test_no_word_of_a_list_sounds_like_another_one(name: str) -> None:
    heard = Counter(sound(word) for word in LISTS[name])
    assert [word for word in LISTS[name] if heard[sound(word)] > 1] == []


@pytest.mark.parametrize("name", LISTS)
def test_no_word_of_a_list_begins_another_so_that_spaces_do_not_matter(name: str) -> None:
    for value, other in combinations(LISTS[name], 2):
        assert not value.startswith(other)
        assert not other.startswith(value)


@pytest.mark.parametrize("reason", LEFT_OUT)
def test_no_word_is_there_that_was_left_out(reason: str) -> None:
    assert set(LEFT_OUT[reason].split()) & set(ALL_WORDS) == set()


def test_no_word_has_another_spelling_across_the_ocean() -> None:
    # -our, -ise and -yse, -lled, -ogue, -ae- and -oe-, -ward and -wards.
    variants = re.compile(r"our(s|ed|ful)?$|[iy][sz](ed|ing|es)$|[aeiou]ll(ed|ing)$|ogues?$|ae|wards?$")
    one_way = {"exercised", "improvised", "aardvarks", "strolled", "tortoises"}
    both = {word for word in ALL_WORDS if variants.search(word)} - one_way
    assert both == set()


def test_animals_are_many_and_deeds_are_done() -> None:
    assert all(animal.endswith("s") or animal == "geese" for animal in words.ANIMALS)
    assert all(deed.endswith("ed") or deed == "strode" for deed in words.DEEDS)


def test_numbers_are_many_and_are_not_misheard() -> None:
    numbers = [int(item) for item in (*words.FEW, *words.MANY)]
    assert min(numbers) > 1
    assert not {*range(10, 20), 69} & set(numbers)
