"""The raw LLM calls of OpenHands runs (`log_completions`): LiteLLM requests and responses, one file per call.

A folder `llm_completions/<instance>/` is one record; a single file given alone is a record too. `calls.py`
chains the calls. What all calls of a folder have in common (request parameters, response fields) is kept once, in
the first trajectory's `extra`; what varies stays with the response's message, both in the source's own spelling.
Costs and token counts of a trajectory are the sums over the calls that it made itself.

Read in real files: 80 calls of OpenHands 0.15, with `../metadata.json` beside the folders for model and agent. Text
logs and reports beside them are not read here (`openhands_reports` reads the report).
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from schemas.errors import RecordFault
from schemas.reasons import RejectReason
from schemas.rollouts.format import RawRecord, RolloutFormat, Source
from schemas.rollouts.openhands.call_files import read_calls
from schemas.rollouts.openhands.calls import Chain, chain_calls
from schemas.rollouts.openhands.eval import Run, benchmark, has_finished, read_run, trial
from schemas.rollouts.parts.branches import part_branches
from schemas.rollouts.parts.chat import policy_text, prompt_key
from schemas.rollouts.parts.fields import Fields
from schemas.rollouts.raw.bundle import unpack_bundle
from schemas.rollouts.raw.strict_json import parse_json
from schemas.trajectory import Relation, Status, Task, Toolset, Trajectory

N = TypeVar("N", int, float)

CALL_FIELDS = frozenset({"messages", "response"})
CALL_SIGNS = ("kwargs", "cost")
FOLDER = re.compile(r"(?P<key>.*llm_completions/(?P<task>[^/]+))/[^/]+\.json")


@dataclass(frozen=True, kw_only=True)
class OpenhandsCompletions(RolloutFormat):
    """The calls of one instance."""

    name: str = "openhands_completions"
    version: str = "1"
    reads: str = (
        "LiteLLM calls with their responses, one JSON file each, a folder per instance (OpenHands 0.15)"
    )
    carries: str = (
        "the exact prompts and samples, tool schemas, token counts and cost per call, request parameters"
    )
    lacks: str = "the verdict (`openhands_reports`), results that no further call was told"
    example: str = "winnow ingest 'outputs/**/llm_completions/**/*.json'"

    def recognises(self, record: object) -> bool:
        """Tell a call by its prompt, its response and what the log adds."""
        if not isinstance(record, dict) or not record.keys() >= CALL_FIELDS:
            return False
        return isinstance(record["messages"], list) and any(sign in record for sign in CALL_SIGNS)

    def bundle_key(self, path: str) -> str | None:
        """Take the calls of one instance together."""
        match = FOLDER.fullmatch(path)
        return None if match is None else match["key"]

    def decode(self, record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
        """Read one folder, or one call; conversations that parted ways follow the first.

        Raises:
            RecordFault: no call can be read, or none was answered.
        """
        is_single = record.raw.lstrip().startswith(b"{")
        members = {source.file_name: record.raw} if is_single else unpack_bundle(record.raw)
        logged = read_calls(members)
        if not logged.calls:
            raise RecordFault(
                RejectReason.EMPTY_CONVERSATION, f"None of {len(members)} calls has a response."
            )
        run = _run(source, "../../metadata.json" if is_single else "../metadata.json")
        rest = Fields((logged.rest or "{}").encode(), "$")
        rest.put("metadata", run.rest)
        chains = chain_calls(logged.calls)
        messages = chains[0].messages
        match = FOLDER.fullmatch(f"{source.uri}/x.json" if not is_single else source.uri)
        task_key = match["task"] if match else prompt_key(messages, record.record_id)
        first = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=benchmark(task_key, run.dataset, source),
                task_key=task_key,
                policy=policy_text(messages),
            ),
            messages=(),
            trial=trial(source),
            agent=run.agent,
            model=run.model or logged.model,
            status=Status.COMPLETED if has_finished(messages) else Status.UNKNOWN,
        )
        return _trajectories(first, chains, rest.rest())


OPENHANDS_COMPLETIONS = OpenhandsCompletions()


def _run(source: Source, path: str) -> Run:
    """Read the run's metadata where they lie beside; broken ones are refused as a file of their own."""
    metadata = source.beside(path)
    if metadata is not None:
        with suppress(RecordFault):
            parse_json(metadata)
            return read_run(Fields(metadata, "metadata.json"))
    return Run(None, None, None, None)


def _trajectories(first: Trajectory, chains: Sequence[Chain], extra: str | None) -> tuple[Trajectory, ...]:
    """Make a trajectory of each conversation; one that shares no start with an earlier one is a helper's.

    A conversation that says nothing of its own is the copy of a file.
    """
    branches = part_branches([chain.messages for chain in chains])
    made: list[Trajectory] = []
    holders: list[Trajectory] = []  # of each conversation: the trajectory that ends with it
    for chain, branch in zip(chains, branches, strict=True):
        if not branch.own:
            holders.append(holders[branch.parent or 0])
            continue
        facts = replace(
            first,
            record_part=len(made),
            messages=branch.own,
            shared_count=branch.shared_count,
            cost_usd=_sum(call.cost_usd for call in chain.calls),
            prompt_tokens=_sum(call.response.prompt_tokens for call in chain.calls),
            completion_tokens=_sum(call.response.completion_tokens for call in chain.calls),
            toolset=None if chain.tools is None else Toolset(tools=chain.tools.decode()),
            extra=None if made else extra,
        )
        if made:
            relation = Relation.SUBAGENT if branch.parent is None else Relation.BRANCH
            facts = replace(facts, parent_id=holders[branch.parent or 0].trajectory_id, relation=relation)
        made.append(facts)
        holders.append(facts)
    return tuple(made)


def _sum(values: Iterable[N | None]) -> N | None:
    """Add up what is known; null when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known[1:], known[0]) if known else None
