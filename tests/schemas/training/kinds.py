"""One trajectory as an example of each kind that a training format may take."""

import dataclasses
from typing import Any

from schemas.training import (
    TRAINING_FORMATS,
    Example,
    Label,
    PairExample,
    SampleExample,
    TaskExample,
    TrainingExample,
    TrainingFormat,
    prompt_messages,
)
from schemas.training.tokens import TokenRenderer
from schemas.trajectory import Role, Trajectory
from tests.tiny_model import build_tokenizer

TINY_WORDS = ("Be kind.", "Where is it?", "I look at it.", "Done, thank you.")
TRAINED = Label(is_trained=True, weight=1.0)


def format_of(name: str, **parameters: Any) -> TrainingFormat[Any]:
    """Build a format; one that renders conversations gets a tokenizer made on the spot."""
    kind = TRAINING_FORMATS[name]
    if "renderer" not in {field.name for field in dataclasses.fields(kind)}:
        return kind(**parameters)
    built = kind(**{"tokenizer": "tiny"} | parameters)
    return built.bound(renderer=TokenRenderer(build_tokenizer(TINY_WORDS)))


def example_of(trajectory: Trajectory, unit: str) -> Example:
    """Train all that the assistant says, or take all behind the prompt as the better, the worse and the labelled."""
    prompt = prompt_messages(trajectory)
    rest = trajectory.messages[len(prompt) :]
    match unit:
        case "trajectory":
            spoken = [message.seq for message in trajectory.messages if message.role is Role.ASSISTANT]
            return TrainingExample(trajectory=trajectory, labels=dict.fromkeys(spoken, TRAINED))
        case "task":
            return TaskExample(task=trajectory.task, prompt=prompt, toolset=trajectory.toolset, split="train")
        case "pair":
            return PairExample(
                pair_id="p",
                kind="reward",
                task=trajectory.task,
                context=prompt,
                chosen=rest,
                rejected=rest[:1],
                chosen_id=trajectory.trajectory_id,
                rejected_id=trajectory.trajectory_id,
                toolset=trajectory.toolset,
                margin=1.0,
                split="train",
            )
        case _:
            return SampleExample(
                sample_id="s",
                kind="outcome",
                task=trajectory.task,
                trajectory_id=trajectory.trajectory_id,
                context=prompt,
                completion=rest,
                toolset=trajectory.toolset,
                is_good=True,
                value=1.0,
                split="train",
            )
