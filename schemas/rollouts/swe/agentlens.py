"""AgentLens-Bench: one rollout as a chain of states, and one CSV of quality labels for all of them.

Read in all 622 published graphs of 16 tasks (`*_pta.json`, swe_trace_sdk over OpenHands logs): every graph is a chain
from `initial_state`, every state behind the first is one tool call of one model response, with the first 500
characters of its answer. The task's prompt is cut to 2,000 characters. System prompt, tool schemas and the final
words are not in it.

`arguments` are what OpenHands keeps of an action (its own flags among them), less the `thought`, which is the text
beside the call; for the tool `think` the thought is the argument itself. A merged graph of several rollouts
(`ground_truth/`) is a reference, not a rollout: it is read as nothing, and its bytes are kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import msgspec

from schemas.reasons import RejectReason
from schemas.rollouts.format import Head, Holds, RawRecord, RolloutFormat, Source
from schemas.rollouts.parts.benchmarks import benchmark_of
from schemas.rollouts.parts.fields import COUNT, TEXT, Fields, json_text
from schemas.rollouts.parts.linking import link_results
from schemas.rollouts.swe.agentlens_labels import has_label_columns, read_labels
from schemas.trajectory import Message, Origin, Role, Task, ToolCall, Trajectory

GRAPH_FIELDS = frozenset({"initial_state", "states", "transitions", "metadata", "statistics"})
MERGED = b'"merger"'
"""`metadata.source` of a graph that was merged from several rollouts."""
RUN_FILE = re.compile(r".+-logs-.+-(?:pass|fail)-(?P<run>\d{1,18})(?:_pta)?(?:\.\w+)*")
PREVIEW_CHARS = 500
PROMPT_CHARS = 2000
OUTCOMES = {"passed": 1.0, "failed": 0.0}
THINK = "think"
"""The tool whose only argument is the thought."""
IS_CUT = '{"is_cut":true}'
STATES = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, kw_only=True)
class AgentLens(RolloutFormat):
    """A trace graph that is a chain, a merged graph, or the table of labels."""

    name: str = "agentlens"
    version: str = "1"
    reads: str = "a `*_pta.json` trace graph, and `annotations/trajectories*.csv` (AgentLens-Bench, bbf8471)"
    carries: str = (
        "thoughts, calls, tokens of each response, the start of each answer, pass or fail, run number; "
        "from the CSV 31 quality scores per rollout"
    )
    lacks: str = (
        "answers beyond 500 characters (cut ones are marked `is_cut` in `extra`), prompts beyond 2,000, system "
        "prompt, tool schemas, the last words, cost, how it ended"
    )
    example: str = "winnow ingest 'agentlens-bench/**/*' --source agentlens"

    def recognises(self, record: object) -> bool:
        """Tell a graph by its fields."""
        return isinstance(record, dict) and record.keys() >= GRAPH_FIELDS

    def claims(self, head: Head) -> bool:
        """Claim the CSV of labels by its header."""
        return has_label_columns(head)

    def decode(self, record: RawRecord, source: Source) -> Holds:
        """Read a graph, or the labels.

        Raises:
            RecordFault: the graph is no chain, or not what the SDK writes.
        """
        if record.claimed_by == self.name:
            return read_labels(record.raw)
        graph = Fields(record.raw, "$")
        facts = graph.take_object("metadata")
        origin = facts.take_raw("source")
        if origin == MERGED:
            return ()
        facts.put("source", None if origin is None else origin.decode())
        return (self._rollout(graph, facts, record, source),)

    def _rollout(self, graph: Fields, facts: Fields, record: RawRecord, source: Source) -> Trajectory:
        task_key = facts.require("task_name", TEXT)
        prompt = facts.take("task_description", TEXT)
        is_cut = prompt is not None and len(prompt) >= PROMPT_CHARS
        turns = [_turn(step) for step in _walk(graph)]
        if not turns:
            raise graph.fault(RejectReason.EMPTY_CONVERSATION, "no state behind the initial one.")
        messages = enumerate(chain(_prompt(prompt, is_cut=is_cut), *turns))
        run = RUN_FILE.fullmatch(source.file_name)
        trajectory = Trajectory(
            record_id=record.record_id,
            source_name=source.name,
            source_format=self.name,
            task=Task(
                benchmark=benchmark_of(task_key, source.name),
                task_key=task_key,
                instruction=None if is_cut else prompt,
            ),
            messages=link_results([msgspec.structs.replace(message, seq=seq) for seq, message in messages]),
            trial=None if run is None else int(run["run"]),
            agent=facts.take("source_format", TEXT),
            model=facts.take("model_name", TEXT),
            outcome_reward=_reward(facts),
        )
        graph.put("metadata", facts.rest())
        return msgspec.structs.replace(trajectory, extra=graph.rest())


AGENTLENS = AgentLens()


def _reward(facts: Fields) -> float | None:
    """Give the tests' verdict; a word that is none stays in `facts`."""
    word = facts.take_if("pass_fail_status", TEXT)
    if word is not None and word not in OUTCOMES:
        facts.put("pass_fail_status", json_text(word))
    return OUTCOMES.get(word or "")


class _Step(NamedTuple):
    """One call: the state that it led to, and the way there."""

    state: Fields
    way: Fields


def _walk(graph: Fields) -> list[_Step]:
    """Follow the transitions from the initial state; what the walk does not reach stays in `graph`.

    Raises:
        RecordFault: a state has two ways out, or a way leads to no state, or back to one that was passed.
    """
    states = graph.require("states", STATES)
    ways: dict[str, Fields] = {}
    for transition in graph.take_objects("transitions"):
        if ways.setdefault(transition.require("from_state", TEXT), transition) is not transition:
            raise transition.fault(
                RejectReason.UNEXPECTED_SHAPE, "a second way out of a state; a rollout is a chain."
            )
    place = graph.require("initial_state", TEXT)
    graph.put("initial_state", json_text(_state(states, place, graph)))
    steps: list[_Step] = []
    while (way := ways.pop(place, None)) is not None:
        place = way.require("to_state", TEXT)
        steps.append(_Step(Fields(_state(states, place, way), f"$.states.{place}"), way))
    graph.put("states", json_text(states) if states else None)
    graph.put("transitions", json_text({start: way.rest() for start, way in ways.items()}) if ways else None)
    return steps


def _state(states: dict[str, msgspec.Raw], place: str, named_by: Fields) -> msgspec.Raw:
    try:
        return states.pop(place)
    except KeyError as exc:
        raise named_by.fault(
            RejectReason.UNEXPECTED_SHAPE, f"leads to {place!r}: no state, or one that was passed."
        ) from exc


def _prompt(text: str | None, *, is_cut: bool) -> Iterator[Message]:
    """Give the user's message; the SDK cuts it without a mark, and so it is no task's instruction then."""
    if text is not None:
        yield Message(
            seq=0, role=Role.USER, origin=Origin.SCRIPTED, text=text, extra=IS_CUT if is_cut else None
        )


def _turn(step: _Step) -> tuple[Message, Message]:
    """Read one response with its call, and what the environment said to it.

    A state without a preview was answered too (its entry is there); what with is not told, so the text is null.
    """
    entry, facts = step.state.take_object("log_entry"), step.state.take_object("metadata")
    preview = entry.take("response_preview", TEXT)
    _drop_signature(step.way, entry)
    text, call = _call(entry, facts)
    facts.put("transition", step.way.rest())
    asked = Message(
        seq=0,
        role=Role.ASSISTANT,
        origin=Origin.SAMPLED,
        text=text,
        tool_calls=(call,),
        prompt_tokens=facts.take("input_tokens", COUNT),
        completion_tokens=facts.take("output_tokens", COUNT),
        extra=facts.rest(),
    )
    if preview is not None and len(preview) >= PREVIEW_CHARS:
        step.state.put("is_cut", "true")
    answered = Message(
        seq=0,
        role=Role.TOOL,
        origin=Origin.INJECTED,
        text=preview,
        tool_call_id=call.call_id,
        name=call.name,
        extra=step.state.rest(),
    )
    return asked, answered


def _call(entry: Fields, facts: Fields) -> tuple[str | None, ToolCall]:
    """Give the text beside the call, and the call; a thought that is told twice is kept once."""
    name, call_id, arguments = entry.require("tool", TEXT), entry.take("id", TEXT), entry.take_object("args")
    thought, repeated = arguments.take_if("thought", TEXT), facts.take_if("thought", TEXT)
    if repeated is not None and repeated != thought:
        facts.put("thought", json_text(repeated))
    if name == THINK and thought is not None:
        arguments.put("thought", json_text(thought))
        thought = None
    call = ToolCall(name=name, arguments=arguments.rest() or "{}", call_id=call_id, extra=entry.rest())
    return thought, call


def _drop_signature(way: Fields, entry: Fields) -> None:
    """Keep a transition's copy of the call's signature only when it is none."""
    facts, signature = way.take_object("metadata"), entry.take_raw("signature")
    repeated = facts.take_raw("signature")
    if signature is not None:
        entry.put("signature", signature.decode())
    if repeated is not None and repeated != signature:
        facts.put("signature", repeated.decode())
    way.put("metadata", facts.rest())
