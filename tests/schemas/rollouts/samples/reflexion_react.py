from collections.abc import Iterator
from pathlib import Path

from tests.schemas.rollouts.real_files import Sample, archive_members, file_samples

LOG_FILE = "hotpotqa_runs/root/ReAct/base/100_questions_5_trials.txt"
CARRIED = b"""
########################################
BEGIN TRIAL 2
Trial summary: Correct: 1, Incorrect: 1
#######################################
------------- BEGIN CORRECT AGENTS -------------

Solve a question answering task.
You have attempted to answer following question before and failed. The following reflection(s) give a plan.
Reflections:
- Look closer.

Question: Who?
Thought 1: I look.
Action 1: Lookup[a
b]
Observation 1: Nobody.
Thought 2: Nobody, then.
Action 2: Nobody
Observation 2: Invalid Action.
Thought 4: Done.
Correct answer: Nobody

------------- BEGIN INCORRECT AGENTS -----------

You have attempted to answer the following question before and failed. Below is the last trial:
Question: What?
Thought 1: Hm.
(END PREVIOUS TRIAL)

Question: What?
Thought: It.
Action: Finish[it]
Observation: Answer is INCORRECT
Correct answer: that

Question: Cut o"""


def samples(data: Path) -> Iterator[Sample]:
    """A log with what is carried over, and the starts of two sections of the real one, with an attempt that both list."""
    yield from file_samples(LOG_FILE, CARRIED)
    content = archive_members(data / "reflexion/reflexion_dev.tar.zst")[LOG_FILE].decode()
    correct, rest = content.split("------------- BEGIN INCORRECT AGENTS -----------\n\n", maxsplit=1)
    start = correct.split("Correct answer: ")[0]
    wrong = rest.split("\n\n\n")[0].split("------------- BEGIN HALTED AGENTS --------------\n\n")[0]
    attempt = wrong.split("\n\nQuestion: ")[0]
    yield from file_samples(
        LOG_FILE,
        f"{start}Correct answer: k\n\n------------- BEGIN INCORRECT AGENTS -----------\n\n{attempt}\n\n"
        f"------------- BEGIN HALTED AGENTS --------------\n\n{attempt}\n\n".encode(),
    )
