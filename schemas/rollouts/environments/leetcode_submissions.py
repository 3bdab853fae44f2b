"""LeetCode's verdicts on programs, as `leetcode_env` logs them: one JSONL line is one submission.

Read in one log of Reflexion's runs (noahshinn/reflexion 218cf0e). A line names the problem by LeetCode's number only and
neither the prompt nor who wrote the program. The program was printed anew from its syntax tree, with the problem's words
as its docstring, so its words are not exactly those that were sampled: `SCRIPTED`. All of `info` goes to quarantine: it
holds test cases, expected outputs, and which of them failed.
"""

from dataclasses import dataclass

import msgspec

from schemas.rollouts.chats.openai_chat import TASK_KEY
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.fields import FLAG, TEXT, Fields
from schemas.trajectory import Message, Origin, Role, Status, Task, TaskSecrets, Trajectory

LINE_FIELDS = frozenset({"code", "status", "reward", "info"})


@dataclass(frozen=True, kw_only=True)
class LeetcodeSubmissions(RolloutFormat):
    """One program and the judge's verdict."""

    name: str = "leetcode_submissions"
    version: str = "1"
    reads: str = "a line of a submissions log (`leetcode_env`, noahshinn/reflexion 218cf0e)"
    carries: str = "the program, the verdict; test cases and expected outputs go to quarantine"
    lacks: str = "the prompt, the policy, the program's exact words, to which rollout it belongs"
    example: str = "winnow ingest 'programming_runs/root/leetcode_metadata/*.jsonl'"

    def recognises(self, record: object) -> bool:
        """Tell a submission by its fields and LeetCode's number of the problem."""
        return (
            isinstance(record, dict)
            and record.keys() >= LINE_FIELDS
            and isinstance(record["info"], dict)
            and "question_id" in record["info"]
        )

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one submission.

        Raises:
            RecordFault: there is no program, no verdict, or no problem.
        """
        line = Fields(record.raw, "$")
        info = line.take_raw("info") or b"{}"
        problem = Fields(info, "$.info").require("question_id", TASK_KEY)
        code = line.require("code", TEXT)
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark="leetcode",
                task_key=str(problem),
                secrets=TaskSecrets(extra=f'{{"info":{info.decode()}}}'),
            ),
            messages=(Message(seq=0, role=Role.ASSISTANT, origin=Origin.SCRIPTED, text=code),),
            status=Status.COMPLETED,
            termination_reason=line.take("status", TEXT),
            outcome_reward=float(line.require("reward", FLAG)),
        )
        return (msgspec.structs.replace(trajectory, extra=line.rest()),)


LEETCODE_SUBMISSIONS = LeetcodeSubmissions()
