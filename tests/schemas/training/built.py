"""Small conversations with labels, as the tests of the training formats need them."""

from collections.abc import Mapping
from typing import Any

from schemas.training import Label, PairExample, Part, SampleExample, Span, TaskExample, TrainingExample
from schemas.trajectory import Message, Origin, Role, Task, ToolCall, Toolset, Trajectory

TRAINED = Label(is_trained=True, weight=1.0)
MASKED = Label(is_trained=False, weight=0.0)
TASK = Task(benchmark="hills", task_key="7")
TOOLS = '[{"type":"function","function":{"name":"f","parameters":{"properties":{"a":{"type":"number"}}}}}]'
FIRST = ToolCall(name="f", arguments='{"a" : 1.50}', call_id="c1", result_seq=3)
SECOND = ToolCall(name="g", arguments='{"b": "</tool_call>"}', call_id="c2", result_seq=4)


def message(seq: int, role: Role, text: str | None = None, **fields: Any) -> Message:
    origin = Origin.SAMPLED if role is Role.ASSISTANT else Origin.SCRIPTED
    return Message(seq=seq, role=role, origin=origin, text=text, **fields)


ROLLOUT = (
    message(0, Role.SYSTEM, "Be kind."),
    message(1, Role.USER, "Hi"),
    message(2, Role.ASSISTANT, "I look.", reasoning="Hm.", tool_calls=(FIRST, SECOND)),
    message(3, Role.TOOL, "one", tool_call_id="c1", call_seq=2),
    message(4, Role.TOOL, "two", tool_call_id="c2", call_seq=2),
    message(5, Role.ASSISTANT, "Done."),
)
"""Text, reasoning and two calls at once in one message, and their results."""


def example(
    *messages: Message, labels: Mapping[int, Label] | None = None, tools: str | None = TOOLS
) -> TrainingExample:
    said = messages or ROLLOUT
    trajectory = Trajectory(
        record_id="r",
        source_name="s",
        source_format="openai_chat",
        task=TASK,
        messages=said,
        toolset=None if tools is None else Toolset(tools=tools),
    )
    spoken = {one.seq: TRAINED for one in said if one.role is Role.ASSISTANT}
    return TrainingExample(trajectory=trajectory, labels=spoken if labels is None else labels)


def hidden(begin: int, end: int | None, *, part: Part = Part.TEXT) -> Label:
    """Train a message but for some of its characters."""
    span = Span(part=part, begin=begin, end=end, is_trained=False, weight=0.0)
    return Label(is_trained=True, weight=1.0, spans=(span,))


def pair(*chosen: Message, **fields: Any) -> PairExample:
    parts: dict[str, Any] = {
        "pair_id": "p",
        "kind": "k",
        "task": TASK,
        "context": ROLLOUT[:2],
        "chosen": chosen or ROLLOUT[2:3],
        "rejected": ROLLOUT[5:],
        "chosen_id": "x",
        "rejected_id": "y",
        "toolset": Toolset(tools=TOOLS),
    }
    return PairExample(**parts | fields)


def sample(**fields: Any) -> SampleExample:
    parts: dict[str, Any] = {
        "sample_id": "s",
        "kind": "k",
        "task": TASK,
        "trajectory_id": "x",
        "context": ROLLOUT[:2],
        "completion": ROLLOUT[2:3],
        "toolset": Toolset(tools=TOOLS),
        "is_good": True,
    }
    return SampleExample(**parts | fields)


def task() -> TaskExample:
    figures = {"trial_count": 4, "pass_rate": 0.5, "reward_mean": None}
    return TaskExample(
        task=TASK, prompt=ROLLOUT[:2], toolset=Toolset(tools=TOOLS), figures=figures, split="train"
    )
