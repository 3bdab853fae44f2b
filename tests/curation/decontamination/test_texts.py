import polars as pl

from curation.decontamination.texts import FIELDS, TEXT_SCHEMA, message_texts, task_texts
from tests.curation.rollouts import Turn, call, frames, rollout

TRIAL = rollout(Turn(calls=(call("look", {}, "seen"),), text="I look", reasoning="hm"))


def test_each_field_gives_its_texts() -> None:
    said = message_texts(frames(TRIAL).messages, FIELDS)
    assert said.schema == TEXT_SCHEMA
    assert said.select("seq", "field", "text").sort("seq", "field").rows() == [
        (0, "user", "help"),
        (1, "assistant", "I look"),
        (1, "reasoning", "hm"),
        (2, "tool", "seen"),
    ]
    assert message_texts(frames(TRIAL).messages, ("system", "tool"))["text"].to_list() == ["seen"]


def test_the_texts_of_a_task_have_no_message() -> None:
    tasks = pl.DataFrame(
        {"task_id": ["a", "a"], "instruction": "do it", "private_instruction": ["p", "q"], "policy": None}
    )
    trials = pl.DataFrame({"trajectory_id": ["x", "y"], "task_id": ["a", "b"]})
    assert task_texts(trials, tasks, FIELDS).rows() == [
        ("x", None, "instruction", "do it"),
        ("x", None, "private_instruction", "p"),
        ("x", None, "private_instruction", "q"),
    ]
    assert task_texts(trials, tasks, ("user",)).is_empty()
