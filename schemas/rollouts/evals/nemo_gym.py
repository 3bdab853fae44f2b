"""NeMo Gym rollouts: a request, the response that an agent collected, and what the environment's verifier says.

Read against NVIDIA-NeMo/Gym 07d6b0d (example rollouts of 37 environments and agents). `responses_create_params.input`
is the prompt, `response.output` the whole rollout. Traps:

- One task index means another task in another data set, so a key is the index and a hash of the prompt.
- The `tau2` agent files what happened before the policy's first words under the prompt; that was sampled all the same.
- A rollout with `instance_config.mask_sample` was spoiled by the environment: `infra_error`, its reward is unknown.
- `*_materialized_inputs.jsonl` and `*_reward_profiling.jsonl` lie beside the rollouts and hold none.
"""

from dataclasses import dataclass
from typing import NamedTuple

from schemas.reasons import RejectReason
from schemas.rollouts.chats.responses_exchange import Exchange, read_exchange
from schemas.rollouts.chats.responses_items import ANSWER_ORIGINS, PROMPT_ORIGINS
from schemas.rollouts.evals.nemo_gym_tasks import is_tau2, read_task
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.fields import FLAG, INTEGER, REAL, TEXT, Fields
from schemas.rollouts.parts.peeking import peek, peek_inside, peek_raw
from schemas.rollouts.tau.tau2 import STATUSES
from schemas.trajectory import Origin, Role, Status, Trajectory

REQUEST, RESPONSE = "responses_create_params", "response"
INPUTS_FILE = "_materialized_inputs."
PROFILE_FIELDS = frozenset({"mean/reward", "sample"})


@dataclass(frozen=True, kw_only=True)
class NemoGym(RolloutFormat):
    """Rollouts that NeMo Gym collected, one per line."""

    name: str = "nemo_gym"
    version: str = "1"
    reads: str = "a row of a rollouts file (NVIDIA-NeMo/Gym 07d6b0d); its companions hold no rollout"
    carries: str = (
        "messages, reasoning, tool schemas, reward, verdicts, tokens, task and trial; "
        "gold and the judges' words go to quarantine"
    )
    lacks: str = (
        "cost; the environment's name unless the path tells; "
        "where a model call ends when no result lies between it and the next"
    )
    example: str = "winnow ingest 'resources_servers/*/data/*_rollouts.jsonl' --source gym"

    def recognises(self, record: object) -> bool:
        """Tell a rollout by its request, and a profile of rollouts by what it averages."""
        if not isinstance(record, dict):
            return False
        return isinstance(record.get(REQUEST), dict) or record.keys() >= PROFILE_FIELDS

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one row; a companion's row holds nothing.

        Raises:
            RecordFault: there is no response, or no output in it, or an item is malformed.
        """
        row = Fields(record.raw, "$")
        request, response = row.take_object(REQUEST), row.take_object(RESPONSE)
        if request.is_empty or (response.is_empty and INPUTS_FILE in source.file_name):
            return ()
        if response.is_empty:
            raise row.fault(
                RejectReason.EMPTY_CONVERSATION, "No 'response': a task's input, without a rollout of it."
            )
        exchange = _read_exchange(row, request, response)
        ending = _ending(row, exchange)
        agent = row.take_object("agent_ref")
        agent_name = agent.take_if("name", TEXT)
        trial = row.take_if("_ng_rollout_index", INTEGER)
        judged = read_task(row, exchange.messages, record, source)
        left = Fields((judged.public or "{}").encode(), "$")
        for name, fields in ((REQUEST, request), (RESPONSE, response), ("agent_ref", agent)):
            left.put(name, fields.rest())
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=judged.task,
            messages=exchange.messages,
            trial=trial,
            agent=agent_name,
            model=exchange.model,
            status=ending.status,
            termination_reason=ending.reason,
            outcome_reward=ending.reward,
            prompt_tokens=exchange.prompt_tokens,
            completion_tokens=exchange.completion_tokens,
            toolset=exchange.toolset,
            scores=judged.scores,
            extra=left.rest(),
        )
        return (trajectory,)


NEMO_GYM = NemoGym()


class _Ending(NamedTuple):
    status: Status
    reason: str | None
    reward: float | None


def _read_exchange(row: Fields, request: Fields, response: Fields) -> Exchange:
    """Read the conversation; who speaks as the user depends on the environment."""
    is_stepwise = peek_raw(row, "terminated") is not None
    user = Origin.INJECTED if is_stepwise else Origin.SCRIPTED
    assistant = Origin.SAMPLED if is_tau2(row) else Origin.COPIED
    return read_exchange(
        request,
        response,
        prompt=PROMPT_ORIGINS | {Role.ASSISTANT: assistant},
        answer=ANSWER_ORIGINS | {Role.USER: user},
    )


def _ending(row: Fields, exchange: Exchange) -> _Ending:
    """Tell how the rollout ended; that a verifier judged it means that it came to an end."""
    told = peek_raw(row, "reward")
    reward = row.take_if("reward", REAL)
    is_spoiled = peek_inside(row, "instance_config").take_if("mask_sample", FLAG) is True
    reason = exchange.termination_reason or peek(row, "terminal_state", TEXT)
    simulated = peek_inside(row, "result").take_if("termination_reason", TEXT) if is_tau2(row) else None
    if simulated is not None:
        status = STATUSES.get(simulated, Status.UNKNOWN)
    elif is_spoiled or exchange.status is Status.INFRA_ERROR:
        status = Status.INFRA_ERROR
    elif exchange.status is Status.TRUNCATED or _is_cut(row):
        status = Status.TRUNCATED
    else:
        status = exchange.status if reward is None else Status.COMPLETED
    if status is Status.INFRA_ERROR and told is not None:
        row.put("reward", told.decode())
        reward = None
    return _Ending(status, reason or simulated, reward)


def _is_cut(row: Fields) -> bool:
    """Tell a rollout that a limit on its turns ended."""
    return peek_raw(row, "truncated") == b"true" or peek_raw(row, "finished_naturally") == b"false"
