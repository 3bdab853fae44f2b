"""What trainers cannot make of a pair or a labelled piece, whichever trainer it is."""

from schemas.training import losses
from schemas.training.examples import PairExample, SampleExample
from schemas.trajectory import Message, Role


def pair_changes(example: PairExample) -> dict[str, int]:
    """Count sides that are not one assistant message, for trainers mask nothing inside a side; weights; broken calls."""
    sides = (example.chosen, example.rejected)
    return losses.present(
        {
            "multi_message_sides": sum(len(side) > 1 for side in sides),
            "sides_without_answer": sum(not _is_spoken(side) for side in sides),
            "pair_weight": int(example.weight != 1),
            "unparsable_arguments": losses.count_broken_calls(*example.context, *sides[0], *sides[1]),
        }
    )


def sample_changes(example: SampleExample) -> dict[str, int]:
    """Count a piece that is not one assistant message, for trainers mask nothing inside it; no label; broken calls."""
    return losses.present(
        {
            "multi_message_completion": int(len(example.completion) > 1),
            "completion_without_answer": int(not _is_spoken(example.completion)),
            "no_label": int(example.is_good is None),
            "unparsable_arguments": losses.count_broken_calls(*example.context, *example.completion),
        }
    )


def _is_spoken(side: tuple[Message, ...]) -> bool:
    return bool(side) and side[0].role is Role.ASSISTANT
