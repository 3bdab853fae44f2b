"""What training texts hold of protected ones: planted copies are found, and what only looks like one is not."""

from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.planted_tasks import CHANGES
from curation.decontamination.hits import EXCERPT_CHARS, HIT_SCHEMA, find_hits, worst_hits
from curation.decontamination.protected import Matching, index_protected
from schemas.errors import RecipeError
from tests.curation.decontamination.suite import TASKS, TEMPLATE, found, protected, texts
from tests.curation.strategies import few

LAMP = TASKS["lamp"]
SHOP = protected(TASKS)
PROSE = (
    "Ships that pass the lighthouse at night slow down before the reef. The keeper writes their names in a book, and in "
    "the morning his daughter reads them to the gulls, who do not care. Winter storms have taken two of the three boats."
)
OTHERS = (
    "Pia Moser of Linz wants to return the red floor lamp of order 9120 and keep the other two lamps.",
    "Exchange the blender of Hugo Lang for one that makes less noise, and tell him what the difference costs.",
    "Find out when the bicycle for Ada Krol leaves the warehouse in Gdansk and whether it can be insured.",
)
"""Tasks of the same shop that are not protected."""


def test_a_copy_is_found_with_its_places() -> None:
    said = f"Please look at this.\n\n{LAMP}\n\nThank you."
    (hit,) = found([said], SHOP).to_dicts()
    assert (hit["trajectory_id"], hit["seq"], hit["field"]) == ("0", 0, "user")
    assert (hit["protected_id"], hit["benchmark"], hit["task_key"], hit["method"]) == (
        "lamp", "shop", "lamp", "ngram",
    )  # fmt: skip
    assert hit["coverage"] == 1.0
    assert said[hit["begin"] : hit["end"]] == hit["excerpt"] == LAMP.rstrip(".")
    whole = TEMPLATE + LAMP
    assert whole[hit["protected_begin"] : hit["protected_end"]] == LAMP.rstrip(".")


@pytest.mark.parametrize("wrapper", ["{}", TEMPLATE + "{}", f"{PROSE} {{}} {PROSE}"])
def test_another_task_of_the_shop_is_none_of_the_protected(wrapper: str) -> None:
    assert found([wrapper.format(other) for other in OTHERS], SHOP).is_empty()
    assert found([wrapper.format(text) for text in TASKS.values()], SHOP)["task_key"].to_list() == list(TASKS)


def test_a_template_counts_where_it_is_not_known_to_be_one() -> None:
    few_tasks = protected({key: TASKS[key] for key in ("lamp", "kettle")})
    assert not found([TEMPLATE + OTHERS[0]], few_tasks).is_empty()
    assert not found([TEMPLATE + OTHERS[0]], SHOP, common_frac=1.0).is_empty()


def test_planted_tasks_are_found_and_nothing_else() -> None:
    random = Random(5)
    planted = [
        change(text, random, [PROSE])
        for text in TASKS.values()
        for name, change in CHANGES.items()
        if "20" not in name
    ]
    clean = [change(text, random, [PROSE]) for text in OTHERS for change in CHANGES.values()]
    assert found(clean, SHOP).is_empty()
    hits = found(planted, SHOP)
    assert hits["trajectory_id"].n_unique() >= 0.9 * len(planted)
    right = [list(TASKS)[int(row) // (len(CHANGES) - 1)] for row in hits["trajectory_id"]]
    assert hits["task_key"].to_list() == right


def test_a_text_without_any_long_run_of_equal_words_is_found_by_minhash() -> None:
    words = LAMP.split()
    edited = " ".join(f"{word} very" if place % 6 == 5 else word for place, word in enumerate(words))
    (hit,) = found([edited], SHOP).to_dicts()
    assert hit["method"] == "near_duplicate"
    assert 0.5 < hit["coverage"] <= 1


def test_words_in_another_order_are_no_match() -> None:
    words = LAMP.rstrip(".").split()
    pieces = [" ".join(words[start : start + 8]) for start in range(0, len(words), 8)]
    assert not found([" ".join(pieces)], SHOP).is_empty()
    scattered = f" {PROSE} ".join(reversed(pieces))
    assert found([scattered], SHOP, coverage=0.6).is_empty()


@pytest.mark.parametrize(("coverage", "count"), [(0.5, 1), (0.9, 0)])
def test_half_a_task_is_found_where_half_is_enough(coverage: float, count: int) -> None:
    words = LAMP.split()
    half = " ".join(words[: round(0.7 * len(words))])
    assert found([half], SHOP, coverage=coverage).height == count


def test_a_text_too_short_to_tell_is_not_searched_for() -> None:
    shop = protected({"short": "Return the lamp of order 4471.", "lamp": LAMP}, template="")
    assert index_protected(shop, Matching()).rows["task_key"].to_list() == ["lamp"]
    assert found(["Return the lamp of order 4471."], shop).is_empty()


def test_long_excerpts_are_cut_and_places_are_not() -> None:
    long = " ".join(f"word{number}" for number in range(200))
    (hit,) = found([f"before {long}"], protected({"long": long}, template="")).to_dicts()
    assert len(hit["excerpt"]) == EXCERPT_CHARS
    assert (hit["begin"], hit["end"]) == (7, 7 + len(long))


def test_the_verdict_is_the_worst_hit() -> None:
    half = " ".join(TASKS["tent"].split()[:13])
    whole = pl.concat([texts(half), texts(LAMP).with_columns(seq=pl.lit(4, pl.Int64))])
    hits = find_hits(whole, index_protected(SHOP, Matching()))
    (verdict,) = worst_hits(hits).to_dicts()
    assert (verdict["task_key"], verdict["seq"], verdict["hit_count"]) == ("lamp", 4, 2)


def test_nothing_protected_and_nothing_said_make_no_hit() -> None:
    assert found([LAMP], SHOP.clear()).schema == HIT_SCHEMA
    assert found([], SHOP).is_empty()
    assert found(["", "..."], SHOP).is_empty()
    assert found([LAMP], SHOP.with_columns(text=pl.lit(None, pl.String))).is_empty()


@few
@given(
    said=st.lists(st.sampled_from([LAMP, PROSE, TEMPLATE, "", *OTHERS, *TASKS.values()]), max_size=6),
    seed=st.integers(0, 99),
)
def test_order_of_rows_does_not_matter(said: list[str], seed: int) -> None:
    rows = texts(*said)
    index = index_protected(SHOP, Matching())
    mixed = index_protected(SHOP.sample(fraction=1, shuffle=True, seed=seed), Matching())
    hits = find_hits(rows, index)
    assert find_hits(rows.sample(fraction=1, shuffle=True, seed=seed), mixed).equals(hits)
    assert hits["coverage"].is_between(0.5, 1).all()


@few
@given(text=st.text(max_size=60), before=st.text(max_size=20), after=st.text(max_size=20))
def test_whatever_is_protected_its_copy_is_found(text: str, before: str, after: str) -> None:
    own = f"{text} one two three four five six seven eight"
    (hit,) = found([f"{before} {own} {after}"], protected({"own": own}, template="")).to_dicts()
    assert hit["coverage"] >= 0.5
    assert 0 <= hit["begin"] < hit["end"] <= len(before) + len(own) + len(after) + 2


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"short_words": 2}, "`short_words` must be at least 3"),
        ({"words": 7}, "at most `words`, got short_words=8, words=7"),
        ({"coverage": 0.0}, "`coverage` must be above 0 and at most 1, got 0.0"),
        ({"common_frac": 1.5}, "`common_frac`"),
    ],
)
def test_a_search_that_finds_nothing_or_everything_is_refused(
    parameters: dict[str, float], match: str
) -> None:
    with pytest.raises(RecipeError, match=match):
        Matching(**parameters)  # type: ignore[arg-type]  # that is the point
