"""Trajectories in literals: one task, one mixed group of four trials, one repair, and words that attack their reader."""

import hashlib

from schemas.identity import bucket_of, digest
from schemas.trajectory import Message, Origin, Relation, Role, Status, Task, ToolCall, Trajectory

HOSTILE = "<script>alert(1)</script> ![x](http://127.0.0.1:9/x.png) :red[hi] **bold** $e^x$"
LONG = "word " * 1_000
TASK = Task(benchmark="airline", task_key="airline/<b>12</b>", instruction=HOSTILE)
BUCKETS = 4
BUCKET = bucket_of(TASK.task_id, BUCKETS)
DATASET = digest("dataset", "tiny")
OLD_DATASET = digest("dataset", "tiny before")
SUCCESS_OF_TRIAL = {0: True, 1: False, 2: True, 3: None}


def make_trial(trial: int, reward: float | None) -> Trajectory:
    messages = (
        Message(seq=0, role=Role.SYSTEM, origin=Origin.SCRIPTED, text=LONG + "the end"),
        Message(seq=1, role=Role.USER, origin=Origin.SCRIPTED, text=HOSTILE),
        Message(
            seq=2,
            role=Role.ASSISTANT,
            origin=Origin.SAMPLED,
            text=f"I look it up, trial {trial}.",
            reasoning=f"Think of {HOSTILE}",
            tool_calls=(
                ToolCall(name="find_booking", arguments='{"id":1.0,"id":2}', call_id="a", result_seq=4),
                ToolCall(name="find_user", arguments="{broken", call_id="b", result_seq=3),
            ),
        ),
        Message(seq=3, role=Role.TOOL, origin=Origin.INJECTED, text="Error: no such user", call_seq=2),
        Message(seq=4, role=Role.TOOL, origin=Origin.INJECTED, text=f"booking {HOSTILE}", call_seq=2),
        Message(seq=5, role=Role.TOOL, origin=Origin.INJECTED, text="an orphan"),
        Message(seq=6, role=Role.ASSISTANT, origin=Origin.SAMPLED, text="Done."),
    )
    return Trajectory(
        record_id=hashlib.sha256(str(trial).encode()).hexdigest(),
        source_name="literals",
        source_format="openai_chat",
        task=TASK,
        messages=messages,
        trial=trial,
        agent=HOSTILE,
        model="model-1",
        status=Status.COMPLETED,
        termination_reason=HOSTILE,
        outcome_reward=reward,
        cost_usd=0.0125,
        prompt_tokens=1200,
        completion_tokens=60,
    )


TRIALS = [make_trial(0, 1.0), make_trial(1, 0.0), make_trial(2, 1.0), make_trial(3, None)]
REPAIR = Trajectory(
    record_id=TRIALS[1].record_id,
    source_name="literals",
    source_format="openai_chat",
    task=TASK,
    messages=(
        *TRIALS[1].messages[:2],
        Message(seq=2, role=Role.ASSISTANT, origin=Origin.REPAIRED, text="Done at once."),
    ),
    trial=1,
    agent=HOSTILE,
    model="model-1",
    outcome_reward=1.0,
    parent_id=TRIALS[1].trajectory_id,
    relation=Relation.REPAIR,
    repair_rule="rollback:1",
)
GROUP = TRIALS[0].group_id
STATES = {"look": digest("node", "act" + "seen"), "fail": digest("node", "act" + "nothing")}
