"""Secrets are context: every planted one loses its loss, character by character, and nothing else does."""

import json
from random import Random

import polars as pl
import pytest

from benchmarks.planted import PLANTS
from curation.training.mask_secrets import MaskSecrets
from curation.training.trained_chars import trained_chars
from schemas.errors import RecipeError, UnknownNameError
from tests.curation.rollouts import Turn, call, do, rollout, say
from tests.curation.training.scenes import labels, scene, turns

TOKEN = PLANTS["github_token"](Random(1)).text
MAIL = PLANTS["email"](Random(1)).text


def test_masks_secrets_in_words_reasoning_and_arguments_to_the_character() -> None:
    arguments = json.dumps({"token": TOKEN, "mail": MAIL})
    trial = rollout(Turn(text=f"é🙂 {TOKEN}!", reasoning=f"use {TOKEN}", calls=(call("login", arguments),)))
    told = turns(scene(trial), trial, MaskSecrets())
    begin = arguments.index(TOKEN)
    assert [
        (span["part"], span["call"], span["begin"], span["end"], span["reason"]) for span in told["spans"][0]
    ] == [
        ("call", 0, begin, begin + len(TOKEN), "private_text_masked"),
        ("reasoning", None, 4, 4 + len(TOKEN), "private_text_masked"),
        ("text", None, 3, 3 + len(TOKEN), "private_text_masked"),
    ]
    assert told["is_trained"].to_list() == [True]


@pytest.mark.parametrize("kind", sorted(PLANTS))
def test_every_kind_that_detectors_find_is_masked_and_the_rest_stays_trained(kind: str) -> None:
    plants = [PLANTS[kind](Random(number)) for number in range(3)]
    trial = rollout(*(do("note", {"value": plant.text}, text=f"a {plant.text} b") for plant in plants))
    given = scene(trial)
    counts = trained_chars(turns(given, trial, MaskSecrets(kinds=("all",))), given.frames.messages)
    missing = counts["chars"] - counts["trained_chars"]
    assert (missing >= [2 * len(plant.secret) for plant in plants]).all()
    assert (counts["trained_chars"] > 0).all()


def test_only_the_kinds_that_are_asked_for_are_masked_and_context_never_changes() -> None:
    trial = rollout(do("ask", {"to": MAIL}, result=f"{TOKEN} {MAIL}"), say(TOKEN))
    given = scene(trial)
    masked = labels(given, MaskSecrets(kinds=("email",)))
    assert masked.filter(pl.col("spans").list.len() > 0)["seq"].to_list() == [1]
    assert labels(given, MaskSecrets()).filter(pl.col("spans").list.len() > 0)["seq"].to_list() == [3]


def test_refuses_kinds_that_nobody_finds() -> None:
    with pytest.raises(UnknownNameError, match="github_tokn"):
        MaskSecrets(kinds=("github_tokn",))
    with pytest.raises(RecipeError, match="`kinds`"):
        MaskSecrets(kinds=())
