"""verl's rollout dump: `<rollout_data_dir>/<global step>.jsonl`, one row per sampled answer.

Read against verl 0.9.1 (`_dump_generations`): decoded text without special tokens, `score`, `step`, since 0.5 the
gold answer as `gts`, and a field per figure that the reward function returned. Rows have no id: those of one prompt are
told by the prompt itself. No published dump was read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from schemas.rollouts.format import Holds, RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.chat import prompt_key
from schemas.rollouts.parts.fields import REAL, Fields
from schemas.rollouts.trainers.decoded_text import text_messages
from schemas.trajectory import Score, ScoreSource, Task, TaskSecrets, Trajectory

ROW_FIELDS = frozenset({"input", "output", "score", "step"})
GOLD = "gts"
GOLD_FIGURES = frozenset({"answer", "ground_truth", "gt", "label", "reference", "solution", "target"})
"""Fields that a reward function hands back and that tell the answer."""
FIGURE: msgspec.json.Decoder[float | bool] = msgspec.json.Decoder(float | bool)


@dataclass(frozen=True, kw_only=True)
class VerlDump(RolloutFormat):
    """Rows of a rollout or validation dump."""

    name: str = "verl_dump"
    version: str = "1"
    reads: str = "a row of `rollout_data_dir` or `validation_data_dir` (verl 0.9.1)"
    carries: str = (
        "prompt and answer as text, reward, the figures that it is made of; gold answers go to quarantine"
    )
    lacks: str = (
        "roles, turns and calls (special tokens are gone), model, tokens, which words were sampled; answers that show "
        "other speakers' turns are not trained"
    )
    example: str = "winnow ingest 'rollouts/*.jsonl' --source grpo-run"

    def recognises(self, record: object) -> bool:
        """Tell a row by its fields."""
        return (
            isinstance(record, dict)
            and record.keys() >= ROW_FIELDS
            and isinstance(record["input"], str)
            and isinstance(record["output"], str)
        )

    def decode(self, record: RawRecord, source: Source) -> Holds:
        """Read one row; `step`, the trainer's, stays in `extra`.

        Raises:
            RecordFault: the row is not what verl writes.
        """
        row = Fields(record.raw, "$")
        names = msgspec.json.decode(record.raw, type=dict[str, msgspec.Raw])
        messages = text_messages(row, prompt="input", answer="output")
        reward = row.take("score", REAL)
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=source.name,
                task_key=prompt_key(messages, record.record_id),
                instruction=messages[0].text,
                secrets=_secrets(row),
            ),
            messages=messages,
            outcome_reward=reward,
            scores=tuple(_figures(row, names.keys() - ROW_FIELDS)),
        )
        return (msgspec.structs.replace(trajectory, extra=row.rest()),)


VERL_DUMP = VerlDump()


def _secrets(row: Fields) -> TaskSecrets | None:
    gold = row.take_raw(GOLD)
    told = {
        name: msgspec.Raw(raw) for name in sorted(GOLD_FIGURES) if (raw := row.take_raw(name)) is not None
    }
    if gold is None and not told:
        return None
    return TaskSecrets(
        gold_outputs=None if gold is None else gold.decode(),
        extra=msgspec.json.encode(told).decode() if told else None,
    )


def _figures(row: Fields, names: Iterable[str]) -> Iterator[Score]:
    for name in sorted(names):
        value = row.take_if(name, FIGURE)
        if value is not None:
            yield Score(name=name, value=float(value), source=ScoreSource.ENV)
