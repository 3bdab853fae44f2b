"""Count what a training format cannot carry, so that an export says what it leaves out."""

from collections.abc import Mapping

from schemas.training.format import TrainingExample
from schemas.trajectory import Role


def present(counts: Mapping[str, int]) -> dict[str, int]:
    """Leave out the kinds without a case."""
    return {kind: count for kind, count in counts.items() if count}


def count_missing_tool_schemas(example: TrainingExample) -> int:
    """1 when the policy calls tools whose schemas the source does not give, else 0."""
    calls = any(message.tool_calls for message in example.messages)
    return int(calls and example.trajectory.toolset is None)


def count_masked(example: TrainingExample) -> int:
    """Assistant messages that are context: a trainer without a mask per message would train them."""
    return sum(
        message.role is Role.ASSISTANT and not example.label(message).is_trained
        for message in example.messages
    )


def count_weighted(example: TrainingExample) -> int:
    """Trained messages whose weight is not 1."""
    labels = (example.label(message) for message in example.messages)
    return sum(label.is_trained and label.weight != 1 for label in labels)


def count_unanswered_calls(example: TrainingExample) -> int:
    """Calls without a result in the row, but for those of its last message."""
    return sum(call.result_seq is None for message in example.messages[:-1] for call in message.tool_calls)


def count_orphan_results(example: TrainingExample) -> int:
    """Tool messages that answer no call."""
    return sum(message.role is Role.TOOL and message.call_seq is None for message in example.messages)
