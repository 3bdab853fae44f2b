"""SkyRL's dump of an evaluation: `<data source>.jsonl`, one row per answer, and `aggregated_results.jsonl`.

Read against skyrl-train 0.3.0 (`dump_per_dataset_eval_results`): text is decoded with its special tokens, and
`env_extras` holds what the environment knows of the task, answers included: all of it is private. The torch files of
`dump_data_batch` are pickles, which are never loaded. No published dump was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from schemas.rollouts.format import Holds, RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.chat import prompt_key
from schemas.rollouts.parts.fields import TEXT, Fields
from schemas.rollouts.trainers.decoded_text import text_messages
from schemas.trajectory import Status, Task, TaskSecrets, Trajectory

ROW_FIELDS = frozenset({"input_prompt", "output_response", "score"})
SUMMARY_START = "eval/"
STATUS = {"stop": Status.COMPLETED, "length": Status.TRUNCATED}
REWARD: msgspec.json.Decoder[float | list[float]] = msgspec.json.Decoder(float | list[float])


@dataclass(frozen=True, kw_only=True)
class SkyrlDump(RolloutFormat):
    """Rows of an evaluation, or its summary."""

    name: str = "skyrl_dump"
    version: str = "1"
    reads: str = "a row of `dump_eval_results` (skyrl-train 0.3.0); its summary holds no rollout"
    carries: str = (
        "prompt and answer as text, reward, why it stopped; what the environment knows goes to quarantine"
    )
    lacks: str = (
        "roles, turns and calls (one text), model, tokens, which words were sampled; answers that show other speakers' "
        "turns are not trained"
    )
    example: str = "winnow ingest 'exports/dumped_evals/**/*.jsonl'"

    def recognises(self, record: object) -> bool:
        """Tell a row by its fields, a summary by names that all begin with `eval/`."""
        if not isinstance(record, dict) or not record:
            return False
        return record.keys() >= ROW_FIELDS or _is_summary(record)

    def decode(self, record: RawRecord, source: Source) -> Holds:
        """Read one row.

        Raises:
            RecordFault: the row is not what SkyRL writes.
        """
        row = Fields(record.raw, "$")
        names = msgspec.json.decode(record.raw, type=dict[str, msgspec.Raw])
        if _is_summary(names):
            return ()
        messages = text_messages(row, prompt="input_prompt", answer="output_response")
        private, stop_reason = row.take_raw("env_extras"), row.take("stop_reason", TEXT)
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=row.take("data_source", TEXT) or source.name,
                task_key=prompt_key(messages, record.record_id),
                instruction=messages[0].text,
                secrets=None if private is None else TaskSecrets(extra=private.decode()),
            ),
            messages=messages,
            status=STATUS.get(stop_reason or "", Status.UNKNOWN),
            termination_reason=stop_reason,
            outcome_reward=_reward(row),
        )
        return (msgspec.structs.replace(trajectory, extra=row.rest()),)


SKYRL_DUMP = SkyrlDump()


def _is_summary(record: Mapping[str, object]) -> bool:
    return all(name.startswith(SUMMARY_START) for name in record)


def _reward(row: Fields) -> float | None:
    """Give the reward; one per token is summed, as SkyRL does, and its parts stay where they are."""
    raw = row.take_raw("score")
    if raw is None:
        return None
    row.put("score", raw.decode())
    score = row.take("score", REWARD)
    if isinstance(score, list):
        row.put("score", raw.decode())
        return sum(score)
    return score
