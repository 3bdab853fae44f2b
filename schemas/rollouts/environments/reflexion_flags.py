"""Reflexion's ALFWorld and WebShop runs: `env_results_trial_<n>.json`, which environments were solved after trial n.

Read in the published runs (noahshinn/reflexion 218cf0e): 134 environments x 7 trials, 100 x 4. The steps are in no file
of the kind, so each element is a verdict on a rollout elsewhere, with the memory that the agent had built up until then.
A solved environment is not played again: its flag is repeated in all later trials, where no rollout exists.
"""

import re
from dataclasses import dataclass

from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.fields import FLAG, TEXT, Fields
from schemas.trajectory import Score, ScoreSource
from schemas.verdict import Verdict

ENTRY_FIELDS = frozenset({"name", "memory", "is_success"})
TRIAL_FILE = re.compile(r"env_results_trial_(\d{1,9})\.json")
BENCHMARKS = ("alfworld", "webshop")


@dataclass(frozen=True, kw_only=True)
class ReflexionFlags(RolloutFormat):
    """What one trial solved."""

    name: str = "reflexion_flags"
    version: str = "1"
    reads: str = "an element of `env_results_trial_<n>.json` (noahshinn/reflexion 218cf0e)"
    carries: str = "success per environment and trial, the memory of reflections; verdicts, no rollouts"
    lacks: str = "the steps; whether a solved environment was played in this trial or in an earlier one"
    example: str = "winnow ingest 'alfworld_runs/root/**/env_results_trial_*.json'"

    def recognises(self, record: object) -> bool:
        """Tell an entry by its fields."""
        return isinstance(record, dict) and record.keys() >= ENTRY_FIELDS

    def decode(self, record: RawRecord, source: Source) -> tuple[Verdict, ...]:
        """Read one entry; the trial is in the file's name.

        Raises:
            RecordFault: name or flag are missing.
        """
        entry = Fields(record.raw, "$")
        trial = TRIAL_FILE.match(source.file_name)
        verdict = Verdict(
            score=Score(
                name="is_success", value=float(entry.require("is_success", FLAG)), source=ScoreSource.ENV
            ),
            is_outcome=True,
            task_key=entry.require("name", TEXT),
            benchmark=next((name for name in BENCHMARKS if name in source.uri.lower()), None),
            trial=None if trial is None else int(trial[1]),
            run=source.parts[-2] if len(source.parts) > 1 else None,
            extra=entry.rest(),
        )
        return (verdict,)


REFLEXION_FLAGS = ReflexionFlags()
