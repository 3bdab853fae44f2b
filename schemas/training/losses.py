"""Count what a training format cannot carry, so that an export says what it leaves out."""

from collections.abc import Mapping
from itertools import pairwise

from schemas.training.conversations import is_json_object
from schemas.training.examples import TrainingExample
from schemas.trajectory import Message, Role


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


def count_spans(example: TrainingExample) -> int:
    """Messages of which parts are labelled otherwise than the rest."""
    return sum(bool(example.label(message).spans) for message in example.messages)


def count_unanswered_calls(example: TrainingExample) -> int:
    """Calls without a result in the row, but for those of its last message."""
    return sum(call.result_seq is None for message in example.messages[:-1] for call in message.tool_calls)


def count_orphan_results(example: TrainingExample) -> int:
    """Tool messages that answer no call."""
    return sum(message.role is Role.TOOL and message.call_seq is None for message in example.messages)


def count_parallel_results(example: TrainingExample) -> int:
    """Tool messages that stand right behind another: several templates join them into one turn."""
    roles = [message.role for message in example.messages]
    return sum(role is before is Role.TOOL for before, role in pairwise(roles))


def count_joined_turns(example: TrainingExample) -> int:
    """Assistant messages that stand right behind another: a trainer that joins them loses the end of the first."""
    roles = [message.role for message in example.messages]
    return sum(role is before is Role.ASSISTANT for before, role in pairwise(roles))


def count_trained_first_message(example: TrainingExample) -> int:
    """1 when the very first message is trained: trainers that render it with the tool schemas train these too."""
    return sum(example.label(message).trains_anything for message in example.messages[:1])


def count_unparsable_arguments(example: TrainingExample) -> int:
    """Calls whose arguments are no JSON object, see `count_broken_calls`."""
    return count_broken_calls(*example.messages)


def count_broken_calls(*messages: Message) -> int:
    """Calls whose arguments are no JSON object: trainers and templates stop at them, quote them, or write them bare."""
    return sum(not is_json_object(call.arguments) for message in messages for call in message.tool_calls)


def count_left_out(example: TrainingExample) -> dict[str, int]:
    """Parts of content, absent tool schemas, and messages behind the last trained one."""
    return present(
        {
            "content_parts": sum(message.content_json is not None for message in example.messages),
            "no_tool_schemas": count_missing_tool_schemas(example),
            "trailing_context_messages": example.trailing_count,
        }
    )
