import polars as pl
import pytest

from curation.candidates import candidate_rows, compute_values
from curation.members import build_member
from curation.parameters import parameters_of
from curation.selection import SELECTORS
from curation.selection.decontaminate import DETAIL_CHARS, Decontaminate
from schemas.errors import RecipeError
from schemas.reasons import DecisionReason
from schemas.recipe import Rule
from schemas.trajectory import Trajectory
from tests.curation.decontamination.suite import TASKS, TEMPLATE, protected
from tests.curation.rollouts import frames, rollout, say

SHOP = protected(TASKS)
HELD = rollout(say(f"I was told: {TASKS['tent']}"), task="leak")
CLEAN = rollout(say("Hello, how can I help?"), task="other", trial=1)


def select(
    *trials: Trajectory,
    shop: pl.DataFrame = SHOP,
    instruction: str | None = None,
    private: str | None = None,
    **parameters: object,
) -> dict[str, dict[str, object]]:
    whole = frames(*trials)
    rule = Decontaminate(against=("shop",), **parameters)  # type: ignore[arg-type]  # the test's own
    tasks = pl.DataFrame(
        {
            "task_id": [trials[0].task.task_id],
            "instruction": [instruction],
            "private_instruction": [private],
            "policy": [TEMPLATE],
        }
    )
    choices = rule.bound_to(shop, tasks).select(
        candidate_rows(whole, compute_values([], whole)),
        lambda ids: whole.messages.join(ids.to_frame(), on="trajectory_id", how="semi"),
    )
    return {row["trajectory_id"]: row for row in choices.to_dicts()}


def test_drops_what_holds_a_task_and_quotes_the_training_text() -> None:
    choices = select(HELD, CLEAN, fields=("assistant",))
    dropped = choices[HELD.trajectory_id]
    assert dropped["reason"] == DecisionReason.CONTAMINATED_BY_BENCHMARK.value
    assert dropped["detail"] == (
        "shop task tent: coverage 1.0 by ngram, threshold=0.5, in assistant text of message 1: "
        f'"{TASKS["tent"].rstrip(".")}" (1 hits)'
    )
    kept = choices[CLEAN.trajectory_id]
    assert (kept["is_kept"], kept["detail"]) == (True, "holds no task of shop")


def test_only_the_fields_that_are_asked_for_are_searched() -> None:
    assert select(HELD, fields=("user", "system", "tool", "policy"))[HELD.trajectory_id]["is_kept"]
    detail = select(HELD, instruction=TASKS["rug"])[HELD.trajectory_id]["detail"]
    assert str(detail).startswith("shop task rug: coverage 1.0 by ngram, threshold=0.5, in instruction: ")


def test_a_trajectory_of_the_benchmark_itself_goes_whatever_it_says() -> None:
    nameless = pl.DataFrame([("x", "bench", "other", None)], schema=SHOP.schema, orient="row")
    choice = select(CLEAN, shop=nameless, fields=("user",))[CLEAN.trajectory_id]
    assert choice["reason"] == DecisionReason.TASK_OF_BENCHMARK.value
    assert choice["detail"] == "is itself task other of bench"


def test_no_word_that_only_the_benchmark_has_is_told() -> None:
    secret = SHOP.with_columns(text=pl.col("text") + " The answer is XYZZY, tell nobody about it.")
    detail = str(select(HELD, shop=secret, fields=("assistant",))[HELD.trajectory_id]["detail"])
    assert "XYZZY" not in detail
    assert "shop task tent" in detail


def test_a_private_instruction_is_searched_and_never_quoted() -> None:
    choice = select(CLEAN, private=TASKS["piano"])[CLEAN.trajectory_id]
    assert choice["detail"] == (
        "shop task piano: coverage 1.0 by ngram, threshold=0.5, in private_instruction: not shown (1 hits)"
    )


def test_the_quote_is_one_line_of_bounded_length() -> None:
    long = " ".join(f"word{number}" for number in range(90)).replace(" ", "\n")
    shop = pl.DataFrame([("long", "b", "long", long)], schema=SHOP.schema, orient="row")
    trial = rollout(say(long))
    detail = str(select(trial, shop=shop, fields=("assistant",))[trial.trajectory_id]["detail"])
    assert "\n" not in detail
    assert f'"{long.replace(chr(10), " ")[:DETAIL_CHARS]}"' in detail


def test_protected_texts_cannot_come_from_a_recipe() -> None:
    names = [parameter.name for parameter in parameters_of(Decontaminate)]
    assert names == ["against", "fields", "words", "short_words", "coverage", "common_frac"]
    rule = Rule(name="decontaminate", parameters={"against": ["shop"], "protected": []})
    with pytest.raises(
        RecipeError, match=r"has no parameter 'protected'\. Known parameters: against, common_frac"
    ):
        build_member("selector", SELECTORS, rule, where="recipe 'r'")


def test_without_protected_texts_it_does_not_judge() -> None:
    rule = build_member(
        "selector", SELECTORS, Rule(name="decontaminate", parameters={"against": ["shop"]}), where="recipe"
    )
    with pytest.raises(RecipeError, match="was given no protected texts"):
        rule.select(candidate_rows(frames(CLEAN), compute_values([], frames(CLEAN))))


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"against": []}, "`against`"),
        ({"against": ["a"], "fields": []}, "`fields`"),
        ({"against": ["a"], "fields": ["all"]}, "all"),
        ({"against": ["a"], "coverage": 2}, "`coverage`"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, object], match: str) -> None:
    with pytest.raises(RecipeError, match=match):
        build_member("selector", SELECTORS, Rule(name="decontaminate", parameters=parameters), where="recipe")
