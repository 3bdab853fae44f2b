"""Which critiques are right, what they say, and what they must not tell."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
import polars as pl
import pytest

from curation.pairs.critique_labels import CritiqueLabels
from curation.pairs.critique_pairs import CritiquePairs
from curation.pairs.critiques.prompt import critique_prompt
from schemas.errors import RecipeError, UnknownNameError
from schemas.trajectory import Score, ScoreSource, TaskSecrets, Trajectory
from tests.curation.pairs.scenes import MODES, children_of, critic_scene, scene
from tests.curation.rollouts import Turn, call, do, rollout, say

STEPS = (do("look", {"id": 1}), do("look", {"id": 2}), do("change", {"id": 2}), say("done"))
GOOD = rollout(*STEPS)
OTHER = rollout(*STEPS, task="other")
OTHER = msgspec.structs.replace(
    OTHER, messages=(msgspec.structs.replace(OTHER.messages[0], text="cancel"), *OTHER.messages[1:])
)
FAILED = rollout(*STEPS, trial=1, reward=0.0)


def pairs(*trials: Trajectory, **parameters: Any) -> list[dict[str, Any]]:
    return CritiquePairs(**parameters).build(critic_scene(*trials)).to_dicts()


def judged(trial: Trajectory, **verdicts: tuple[float, str | None]) -> Trajectory:
    """Let judges say whether a trial succeeded, each with a reason."""
    scores = tuple(
        Score(name="success", value=value, source=ScoreSource.JUDGE, annotator=name, explanation=why)
        for name, (value, why) in verdicts.items()
    )
    return msgspec.structs.replace(trial, scores=scores)


def lines(text: str) -> list[str]:
    return text.split("\n\n")[1].splitlines()


def test_of_a_corrupted_child_the_fault_and_its_step_are_right_and_its_parent_is_sound() -> None:
    (child,) = children_of(GOOD, modes=("no_progress",))
    built = CritiquePairs().build(critic_scene(GOOD, children=[child])).to_dicts()
    own = [pair for pair in built if pair["subject_id"] == child.trajectory.trajectory_id]
    right = ["Verdict: faulty", f"Step: {child.step}", "Fault: no_progress"]
    assert [lines(pair["chosen_text"]) for pair in own] == [right, right]
    sound, elsewhere = sorted((lines(pair["rejected_text"]) for pair in own), key=len)
    assert sound == ["Verdict: sound"]
    assert elsewhere[1] != right[1]
    assert (elsewhere[0], elsewhere[2]) == (right[0], right[2])
    (parent,) = [pair for pair in built if pair["subject_id"] == GOOD.trajectory_id]
    assert lines(parent["chosen_text"]) == ["Verdict: sound"]
    assert lines(parent["rejected_text"]) == right
    assert {pair["chosen_id"] for pair in built} == {GOOD.trajectory_id}
    assert {pair["margin"] for pair in built} == {None}


def test_a_fault_outside_of_steps_is_named_so_and_no_step_is_claimed_instead() -> None:
    found = pairs(GOOD, OTHER, modes=("early_stop", "goal_swap"))
    places = {
        lines(text)[1]
        for pair in found
        for text in (pair["chosen_text"], pair["rejected_text"])
        if "Step" in text
    }
    assert places == {"Step: end", "Step: start"}


def test_without_the_record_no_one_can_tell_sound_from_faulty() -> None:
    found = pairs(GOOD, OTHER, modes=MODES)
    about_soundness = [pair for pair in found if "sound" in pair["chosen_text"] + pair["rejected_text"]]
    chosen, rejected = (
        Counter(pair[side] for pair in about_soundness) for side in ("chosen_text", "rejected_text")
    )
    assert chosen == rejected
    assert chosen.total() >= 2 * len(MODES)


def test_a_failure_and_a_child_that_did_no_harm_are_not_judged() -> None:
    assert pairs(FAILED) == []
    whole = critic_scene(GOOD)
    assert whole.corrupted is not None
    for is_harmful in (False, True):
        checked = whole.corrupted.labels.with_columns(is_injection_successful=pl.lit(is_harmful))
        given = replace(whole, corrupted=replace(whole.corrupted, labels=checked))
        assert CritiquePairs().build(given).is_empty() is not is_harmful


def test_a_judge_who_agrees_with_the_outcome_is_preferred_to_one_who_does_not() -> None:
    trial = judged(FAILED, strict=(0.1, "It never changed 2."), lax=(0.9, "All good."), silent=(1.0, None))
    (pair,) = CritiquePairs(scores=("success",), faults=False).build(scene(trial)).to_dicts()
    assert pair["chosen_text"] == "It never changed 2.\n\nVerdict: faulty"
    assert pair["rejected_text"] == "All good.\n\nVerdict: sound"
    assert pair["margin"] == pytest.approx(0.8)
    assert pair["detail"] == "success 0.1 by strict against success 0.9 by lax"
    assert pairs(trial, faults=False, scores=("another",)) == []
    unknown = msgspec.structs.replace(trial, outcome_reward=None)
    assert pairs(unknown, faults=False, scores=("success",)) == []


def test_a_verifiers_output_is_no_critique() -> None:
    trial = judged(FAILED, one=(0.0, "42"), two=(1.0, "43"))
    machine = msgspec.structs.replace(
        trial,
        scores=tuple(msgspec.structs.replace(score, source=ScoreSource.VERIFIER) for score in trial.scores),
    )
    assert pairs(machine, faults=False, scores=("success",)) == []


def test_an_explanation_that_gives_a_gold_answer_away_is_left_out() -> None:
    secrets = TaskSecrets(gold_outputs='["7341", 2]', private_instruction="say please")
    task = msgspec.structs.replace(FAILED.task, secrets=secrets)
    trial = msgspec.structs.replace(FAILED, task=task)
    rule = CritiqueLabels(scores=("success",), faults=False)

    def told(why: str) -> int:
        return rule.build(scene(judged(trial, one=(0.0, why)))).height

    assert told("The answer is 7341.") == told("The user would say PLEASE: say please") == 0
    assert told("The answer is not 73410.") == 1
    assert told("It looked at id 2.") == 1, "the trajectory tells 2 itself"


def test_one_sided_judges_get_an_opposite_when_asked() -> None:
    trial = judged(FAILED, strict=(0.0, "Nothing was done."))
    assert pairs(trial, faults=False, scores=("success",)) == []
    (pair,) = pairs(trial, faults=False, scores=("success",), writes_opposite=True)
    assert pair["chosen_text"].startswith("Nothing was done.")
    assert lines(pair["rejected_text"]) == ["Verdict: sound"]
    assert pair["margin"] is None


def test_labels_say_of_each_critique_whether_it_is_right() -> None:
    rule = CritiqueLabels(modes=("no_progress",), is_balanced=True)
    rows = rule.build(critic_scene(GOOD)).to_dicts()
    assert Counter(row["is_good"] for row in rows) == {True: 2, False: 2}
    of_parent = {row["is_good"]: row["text"] for row in rows if row["subject_id"] == GOOD.trajectory_id}
    assert all("Verdict: sound" in text for is_good, text in of_parent.items() if is_good)


def test_limits_bound_what_one_task_and_one_trajectory_bring() -> None:
    assert len(pairs(GOOD, OTHER, per_task=3)) == 6
    subjects = Counter(pair["subject_id"] for pair in pairs(GOOD, OTHER, per_trajectory=1))
    assert set(subjects.values()) == {1}


class Recorder:
    """Writes what it was told, and remembers it."""

    def __init__(self) -> None:
        self.told: list[Mapping[str, str]] = []

    def write(self, kind: str, facts: Mapping[str, str]) -> str:
        self.told.append(facts)
        return f"{kind}: {facts['verdict']} {facts['place']}"


def test_a_bound_writer_words_the_reasons_and_is_told_no_secret() -> None:
    task = msgspec.structs.replace(GOOD.task, secrets=TaskSecrets(gold_outputs="SECRET"))
    trial = msgspec.structs.replace(GOOD, task=task)
    writer = Recorder()
    given = critic_scene(trial, children=children_of(trial, modes=("no_progress",)))
    rows = CritiquePairs(writer="mine", bound_writer=writer).build(given).to_dicts()
    assert all(row["chosen_text"].startswith("critique: ") for row in rows)
    assert any("look" in told["step"] for told in writer.told)
    assert all("0: look" in told["attempt"] for told in writer.told)
    assert "SECRET" not in str(writer.told)
    with pytest.raises(RecipeError, match="Unknown `writer` 'mine'"):
        CritiquePairs(writer="mine").build(given)


def test_refuses_what_names_nothing() -> None:
    with pytest.raises(UnknownNameError, match="drop_stp"):
        CritiquePairs(modes=("drop_stp",))
    with pytest.raises(RecipeError, match="`scores`"):
        CritiqueLabels(faults=False)
    with pytest.raises(RecipeError, match="`max_result_chars`"):
        CritiquePairs(max_result_chars=0)


def test_the_prompt_shows_task_and_numbered_steps_and_nothing_that_gives_away() -> None:
    secrets = TaskSecrets(gold_outputs="GOLD", private_instruction="PRIVATE")
    first = Turn(text="hi", reasoning="HIDDEN", calls=(call("look", {"id": 1}, "a" * 10 + "b" * 10),))
    trial = rollout(first, say("done"))
    trial = msgspec.structs.replace(
        trial, task=msgspec.structs.replace(trial.task, secrets=secrets, instruction="INSTRUCTION")
    )
    system, user = critique_prompt(trial, "Is it?", max_result_chars=6)
    assert (system.role, user.role) == ("system", "user")
    assert user.text == (
        '# The task\n\n[user]\nhelp\n\n# The attempt\n\n## Step 0\n\n[agent]\nhi\n\n[call] look({"id": 1})\n\n'
        "[result of look]\naaa\n[14 characters left out]\nbbb\n\n## Step 1\n\n[agent]\ndone\n\n[user]\ngo on\n\n"
        "# Your judgement\n\nIs it?"
    )
    bare = msgspec.structs.replace(
        trial, messages=tuple(msgspec.structs.replace(m, seq=m.seq - 1) for m in trial.messages[1:])
    )
    whole = critique_prompt(bare, "?", max_result_chars=None)[1].text or ""
    assert "# The task\n\nINSTRUCTION\n\n# The attempt" in whole
    assert "a" * 10 + "b" * 10 in whole
