"""What trainers cannot make of a pair or a labelled piece, whichever trainer it is."""

from schemas.training import losses
from schemas.training.conversations import is_json
from schemas.training.examples import PairExample, SampleExample
from schemas.trajectory import Message, Role


def pair_changes(example: PairExample) -> dict[str, int]:
    """Count sides that are not one assistant message, for trainers mask nothing inside a side; and weights."""
    sides = (example.chosen, example.rejected)
    return losses.present(
        {
            "multi_message_sides": sum(len(side) > 1 for side in sides),
            "sides_without_answer": sum(not _is_spoken(side) for side in sides),
            "pair_weight": int(example.weight != 1),
        }
    )


def sample_changes(example: SampleExample) -> dict[str, int]:
    """Count a piece that is not one assistant message, for trainers mask nothing inside it; and an unknown label."""
    return losses.present(
        {
            "multi_message_completion": int(len(example.completion) > 1),
            "completion_without_answer": int(not _is_spoken(example.completion)),
            "no_label": int(example.is_good is None),
        }
    )


def unparsable_arguments(*messages: Message) -> int:
    """Count calls whose arguments are no JSON: a trainer that parses them stops, or trains them in quotes."""
    return sum(not is_json(call.arguments) for message in messages for call in message.tool_calls)


def _is_spoken(side: tuple[Message, ...]) -> bool:
    return bool(side) and side[0].role is Role.ASSISTANT
