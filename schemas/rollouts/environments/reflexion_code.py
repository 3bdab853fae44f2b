"""Reflexion's programming runs: one JSONL row is one problem, with the program that was written last.

Read in the published MBPP runs (noahshinn/reflexion 218cf0e), of which the reflexion run names its reflections but no
earlier program. `implementations`, `test_feedback`, `canonical_solution` and `visible_tests` follow the code
(`reflexion.py`, `simple.py`) and other rows of the repository.

Programs are the policy's answers; reflections were sampled in calls of their own whose prompt is not in the row, so
they are context (`COPIED`). Tests and the canonical solution go to quarantine.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import msgspec
from msgspec.structs import replace

from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.fields import FLAG, TEXT, Fields, json_text
from schemas.trajectory import Message, Origin, Role, Status, Task, TaskSecrets, Trajectory

ROW_FIELDS = frozenset({"name", "prompt", "entry_point", "test", "is_solved"})
TEXTS = msgspec.json.Decoder(list[str])
FAMILY = re.compile(r"(mbpp|HumanEval)_\d+_")
RUN_FILE = re.compile(r"(?:.*[._])?(?P<agent>[a-z-]+)_\d+_(?P<model>[^_]+)_pass_at_k_\d+(?:_\w+)?\.jsonl")


@dataclass(frozen=True, kw_only=True)
class ReflexionCode(RolloutFormat):
    """One problem of a run."""

    name: str = "reflexion_code"
    version: str = "1"
    reads: str = "a row of a MBPP, HumanEval or LeetCode run (noahshinn/reflexion 218cf0e)"
    carries: str = (
        "prompt, programs, reflections, feedback of tests where it is kept, verdict; tests go to quarantine"
    )
    lacks: str = "in older rows the programs before the last one; the exact prompts, tokens, trials"
    example: str = "winnow ingest 'programming_runs/root/*/*.jsonl'"

    def recognises(self, record: object) -> bool:
        """Tell a row by its fields."""
        return isinstance(record, dict) and record.keys() >= ROW_FIELDS

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one row; policy and strategy are in the file's name.

        Raises:
            RecordFault: the row is not what a run writes.
        """
        row = Fields(record.raw, "$")
        prompt, name = row.require("prompt", TEXT), row.require("name", TEXT)
        run = RUN_FILE.match(source.file_name)
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=_benchmark(name, row, source),
                task_key=name,
                instruction=prompt,
                secrets=_secrets(row),
            ),
            messages=tuple(replace(message, seq=seq) for seq, message in enumerate(_messages(row, prompt))),
            agent=None if run is None else run["agent"],
            model=None if run is None else run["model"],
            status=Status.COMPLETED,
            outcome_reward=float(row.require("is_solved", FLAG)),
        )
        return (replace(trajectory, extra=row.rest()),)


REFLEXION_CODE = ReflexionCode()


def _benchmark(name: str, row: Fields, source: Source) -> str:
    """Name the data set and the language: the same problem in another language is another task."""
    family = FAMILY.match(name)
    language = row.take_if("language", TEXT)
    if family is not None and language is not None:
        return f"{family[1].lower()}_{language}"
    row.put("language", None if language is None else json_text(language))
    return source.name


def _secrets(row: Fields) -> TaskSecrets:
    tests, solution = row.take_raw("test") or b"null", row.take_if("canonical_solution", TEXT)
    return TaskSecrets(gold_outputs=solution, extra=f'{{"test":{tests.decode()}}}')


def _messages(row: Fields, prompt: str) -> Iterator[Message]:
    """Give the conversation: each program, what its tests say, and the reflection on it."""
    programs = row.take("implementations", TEXTS)
    reflections, feedback = row.take("reflections", TEXTS) or [], row.take("test_feedback", TEXTS) or []
    solution = row.take("solution", TEXT)
    yield _message(Role.USER, Origin.SCRIPTED, prompt)
    if programs is None:
        for reflection in reflections:
            yield _message(Role.ASSISTANT, Origin.COPIED, reflection)
        yield from () if solution is None else (_message(Role.ASSISTANT, Origin.SAMPLED, solution),)
        return
    for program, told, reflection in zip_longest(programs, feedback, reflections):
        if program is not None:
            yield _message(Role.ASSISTANT, Origin.SAMPLED, program)
        if told is not None:
            yield _message(Role.USER, Origin.INJECTED, told)
        if reflection is not None:
            yield _message(Role.ASSISTANT, Origin.COPIED, reflection)
    if programs[-1:] != [solution]:
        row.put("solution", None if solution is None else json_text(solution))


def _message(role: Role, origin: Origin, text: str) -> Message:
    return Message(seq=0, role=role, origin=origin, text=text)
