import json
from pathlib import Path
from typing import Any

import pytest

from schemas.rollouts.trainers.chat_markup import read_markup
from schemas.trajectory import Origin, Role, Trajectory
from tests.schemas.rollouts.readings import archive_samples, refusal, trajectories_of
from tests.schemas.rollouts.real_files import archive_members, json_sample
from tests.schemas.rollouts.samples.atropos import CHAT, FOLDER, GROUP

ARCHIVE = "atropos/scored_groups.tar.zst"


def group(**fields: Any) -> list[Trajectory]:
    return trajectories_of([json_sample("groups.jsonl", GROUP | fields)])


@pytest.fixture(scope="module")
def rollouts(real_data: Path) -> list[Trajectory]:
    return trajectories_of(archive_samples(real_data / ARCHIVE, wanted=lambda name: name.endswith("jsonl")))


def test_census_of_the_real_groups(rollouts: list[Trajectory]) -> None:
    assert len(rollouts) == 32
    assert len({trajectory.task.task_id for trajectory in rollouts}) == 2
    assert sum(bool(trajectory.outcome_reward) for trajectory in rollouts) == 14
    assert {tuple((m.role, m.origin) for m in trajectory.messages) for trajectory in rollouts} == {
        (
            (Role.SYSTEM, Origin.SCRIPTED),
            (Role.USER, Origin.SCRIPTED),
            (Role.ASSISTANT, Origin.SAMPLED),
        )
    }


def test_token_ids_and_masks_of_each_rollout_are_kept_exactly(
    rollouts: list[Trajectory], real_data: Path
) -> None:
    content = archive_members(real_data / ARCHIVE)[f"{FOLDER}/objreward.jsonl"]
    first = json.loads(content.splitlines()[0])
    for index, trajectory in enumerate(rollouts[:8]):
        kept = json.loads(trajectory.extra or "")
        assert (kept["tokens"], kept["masks"]) == (first["tokens"][index], first["masks"][index])


def test_each_rollout_has_its_share_of_parallel_lists_and_all_that_is_said_of_the_group() -> None:
    first, second = (json.loads(trajectory.extra or "") for trajectory in group())
    assert (first["advantages"], second["advantages"]) == ([0.5], [0.25])
    assert (first["overrides"], second["overrides"]) == ({"a": 1}, None)
    assert first["group_overrides"] == second["group_overrides"] == {"group_size": 2}
    assert first["images"] == second["images"] == ["one"]
    assert [trajectory.outcome_reward for trajectory in group()] == [1.0, -0.5]


def test_the_mask_tells_which_turns_were_sampled() -> None:
    masks = [[-100, 5, -100, 6], [-100, 5, 5, -100]]
    both, last = group(messages=[CHAT, CHAT], masks=masks, tokens=masks)
    assert [m.origin for m in both.messages if m.role is Role.ASSISTANT] == [Origin.SAMPLED] * 2
    assert [m.origin for m in last.messages if m.role is Role.ASSISTANT] == [Origin.COPIED, Origin.SAMPLED]


def test_a_mask_of_another_shape_tells_nothing() -> None:
    first, _ = group(messages=[CHAT, CHAT], masks=["?", None])
    assert first.messages[1].origin is Origin.SAMPLED


def test_an_answer_that_was_cut_off_says_so() -> None:
    _, cut = group()
    assert (cut.messages[-1].text, cut.messages[-1].extra) == ("Cut o", '{"is_cut_off":true}')


@pytest.mark.parametrize(
    "text",
    [
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>",
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYo<|im_end|>\n",
    ],
)
def test_a_rendered_text_is_cut_into_its_turns(text: str) -> None:
    found = read_markup(text)
    assert found is not None
    assert found[1][0].text == "Hi"
    assert all(turn.is_closed for turn in found[1])


@pytest.mark.parametrize("text", ["", "Hi", "Hi<|im_start|>user\nHi<|im_end|>\n"])
def test_a_text_that_no_template_wrote_is_not_cut(text: str) -> None:
    assert read_markup(text) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"messages": None}, "missing_field"),
        ({"messages": ["Hi", "Yo"]}, "unexpected_shape"),
        ({"masks": [[1]]}, "unexpected_shape"),
        ({"tokens": [], "masks": [], "scores": [], "messages": []}, "empty_conversation"),
        ({"messages": [[], CHAT]}, "empty_conversation"),
    ],
)
def test_a_group_that_cannot_be_read_is_refused(change: dict[str, Any], reason: str) -> None:
    rejection = refusal(GROUP | change)
    assert (rejection.reason, rejection.format_name) == (reason, "atropos")
