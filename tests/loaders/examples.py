"""What the proofs export: real multi-tool trajectories, and examples of each kind made of them."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from schemas.rollouts import Decoded, RawRecord, Source, decode_record, read_records
from schemas.training import (
    Label,
    PairExample,
    Part,
    SampleExample,
    Span,
    TaskExample,
    TrainingExample,
    prompt_messages,
)
from schemas.training.conversations import is_json
from schemas.trajectory import Message, Origin, Role, Toolset, Trajectory
from tests.schemas.rollouts.real_files import archive_members, read_zst

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
TAU_BENCH = "tau_bench/gpt-4o-airline.json.zst"
TAU2 = "tau2/gpt-4.1_retail_defautl_gpt-4.1_1trials.json.zst"
NEMO_GYM = "nemo_gym/example_rollouts_dev.tar.zst"
PER_SOURCE = 8
MOST_MESSAGES = 30
SENTENCES = re.compile(r"[^.!?]+[.!?]*")
TRAINED, CONTEXT = Label(is_trained=True, weight=1.0), Label(is_trained=False, weight=0.0)


def pick_trajectories() -> list[Trajectory]:
    """Take real rollouts with several tools and calls in parallel, or simulated ones where the data is not here."""
    if not REAL_DATA.is_dir():
        return _picked(_simulated())
    picked = [_picked(_decoded(path)) for path in (TAU_BENCH, TAU2, NEMO_GYM)]
    return [_with_schemas(trajectory) for trajectories in picked for trajectory in trajectories]


def _picked(trajectories: Iterator[Trajectory]) -> list[Trajectory]:
    fitting = [one for one in trajectories if _is_fitting(one)]
    parallel = [one for one in fitting if any(len(message.tool_calls) > 1 for message in one.messages)]
    thoughtful = [one for one in fitting if any(message.reasoning for message in one.messages)]
    others = sorted(fitting, key=lambda one: -len({call.name for m in one.messages for call in m.tool_calls}))
    chosen = {one.trajectory_id: one for one in [*parallel[:4], *thoughtful[:3], *others]}
    return list(islice(chosen.values(), PER_SOURCE))


def _is_fitting(trajectory: Trajectory) -> bool:
    calls = [call for message in trajectory.messages for call in message.tool_calls]
    return (
        len(trajectory.messages) <= MOST_MESSAGES
        and len(calls) > 1
        and all(is_json(call.arguments) for call in calls)
        and any(_is_sampled(message) for message in trajectory.messages)
    )


def _with_schemas(trajectory: Trajectory) -> Trajectory:
    """Give schemas to rollouts whose source stores none, so that each proof has tools of unlike parameters."""
    if trajectory.toolset is not None:
        return trajectory
    keys: dict[str, dict[str, dict[str, str]]] = {}
    for message in trajectory.messages:
        for call in message.tool_calls:
            parsed = json.loads(call.arguments)
            known = parsed if isinstance(parsed, dict) else {}
            keys.setdefault(call.name, {}).update({key: {"type": "string"} for key in known})
    tools = [
        {"type": "function", "function": {"name": name, "description": f"Call {name}.", "parameters": {"type": "object", "properties": found}}}
        for name, found in keys.items()
    ]  # fmt: skip
    return msgspec.structs.replace(trajectory, toolset=Toolset(tools=json.dumps(tools)))


def _decoded(path: str) -> Iterator[Trajectory]:
    whole = REAL_DATA / path
    files = archive_members(whole) if ".tar." in path else {path.removesuffix(".zst"): read_zst(whole)}
    for name, content in sorted(files.items()):
        source = Source(uri=name, name="proof")
        for record in read_records(io.BufferedReader(io.BytesIO(content)), file_name=Path(name).name):
            yield from _trajectories(record, source)


def _simulated() -> Iterator[Trajectory]:
    with TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "simulation",
            "--out",
            folder,
            "--tasks",
            "12",
            "--trials",
            "2",
            "--seed",
            "7",
        ]
        subprocess.run(command, check=True, capture_output=True)
        for path in sorted(Path(folder, "rollouts").rglob("*.jsonl*")):
            with path.open("rb") as stream:
                for record in read_records(stream, file_name=path.name):
                    yield from _trajectories(record, Source(uri=str(path), name="proof"))


def _trajectories(record: RawRecord, source: Source) -> tuple[Trajectory, ...]:
    decoded = decode_record(record, source)
    return decoded.trajectories if isinstance(decoded, Decoded) else ()


def _is_sampled(message: Message) -> bool:
    return message.role is Role.ASSISTANT and message.origin is Origin.SAMPLED


def whole_examples(trajectories: Sequence[Trajectory], *, weight: float = 1.0) -> list[TrainingExample]:
    """Train every assistant message."""
    trained = Label(is_trained=True, weight=weight)
    return [
        TrainingExample(
            trajectory=one,
            labels={m.seq: trained for m in one.messages if m.role is Role.ASSISTANT},
            split="train",
        )
        for one in trajectories
    ]


def masked_examples(trajectories: Sequence[Trajectory]) -> list[TrainingExample]:
    """Train what the policy sampled, but for every third step."""
    examples = []
    for one in trajectories:
        sampled = [message.seq for message in one.messages if _is_sampled(message)]
        labels = {seq: CONTEXT if at % 3 == 1 else TRAINED for at, seq in enumerate(sampled)}
        examples.append(TrainingExample(trajectory=one, labels=labels, split="train"))
    return examples


def spanned_examples(trajectories: Sequence[Trajectory]) -> list[TrainingExample]:
    """Train what the policy sampled, but for the second sentence of each plain text."""
    examples = []
    for one in trajectories:
        labels = {message.seq: _spanned(message) for message in one.messages if _is_sampled(message)}
        examples.append(TrainingExample(trajectory=one, labels=labels, split="train"))
    return examples


def _spanned(message: Message) -> Label:
    sentences = SENTENCES.findall(message.text or "")
    if len(sentences) < 3 or message.tool_calls or message.reasoning is not None:
        return TRAINED
    begin = len(sentences[0])
    span = Span(part=Part.TEXT, begin=begin, end=begin + len(sentences[1]), is_trained=False, weight=0.0)
    return replace(TRAINED, spans=(span,))


def step_pairs(trajectories: Sequence[Trajectory]) -> list[PairExample]:
    """Prefer the first call of each trajectory to a later answer."""
    pairs = []
    for one in trajectories:
        prompt = prompt_messages(one)
        rest = [message for message in one.messages[len(prompt) :] if message.role is Role.ASSISTANT]
        if len(rest) > 1 and prompt and prompt[-1].role is not Role.ASSISTANT:
            pairs.append(
                PairExample(
                    pair_id=one.trajectory_id, kind="proof", task=one.task, context=prompt, chosen=(rest[0],),
                    rejected=(rest[-1],), chosen_id=one.trajectory_id, rejected_id=one.trajectory_id, toolset=one.toolset,
                    split="train",
                )
            )  # fmt: skip
    return pairs


def labelled_samples(pairs: Sequence[PairExample]) -> list[SampleExample]:
    """Take both sides of each pair as samples."""
    return [
        SampleExample(
            sample_id=f"{pair.pair_id}-{is_good}", kind="proof", task=pair.task, trajectory_id=pair.chosen_id,
            context=pair.context, completion=pair.chosen if is_good else pair.rejected, toolset=pair.toolset,
            is_good=is_good, split="train",
        )
        for pair in pairs for is_good in (True, False)
    ]  # fmt: skip


def tasks_of(trajectories: Sequence[Trajectory]) -> list[TaskExample]:
    return [
        TaskExample(
            task=one.task, prompt=prompt_messages(one), toolset=one.toolset,
            figures={"trial_count": 4, "pass_rate": 0.5}, split="train",
        )
        for one in trajectories
    ]  # fmt: skip
