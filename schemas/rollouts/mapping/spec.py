"""What a mapping says: which JSONPath of a record leads to which canonical field. The YAML that `--mapping` takes.

```yaml
name: support_dialogues              # becomes `source_format`
task_key: $.case.id
model: $.meta.model
agent: {value: desk-bot}             # a constant
status: {path: $.meta.end, values: {ok: completed, timeout: truncated}}
outcome_reward: {path: $.meta.verdict, values: {solved: 1, unsolved: 0}}
secrets: {gold_outputs: $.case.answer}
scores: {politeness: {path: $.meta.polite, source: judge}}
messages:
  path: $.dialogue.turns             # paths below start at one turn
  role: {path: $.speaker, values: {caller: user, desk: assistant}}
  content: $.utterance
```

One of three shapes tells the conversation: `messages`; or `prompt` and `response` (texts, or lists of chat messages; a
`response` with `[*]` is one rollout per element, and a field with `[*]` then gives one value each); or `steps`. Paths
are those of `json_paths`. What no path takes ends in `extra`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
import yaml

from schemas.errors import UnknownNameError, WinnowError
from schemas.identity import digest
from schemas.rollouts.mapping.json_paths import ALLOWED, JsonPath
from schemas.rollouts.parts.fields import json_text
from schemas.trajectory import Role, ScoreSource, Status

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$")]


class MappingError(WinnowError, ValueError):
    """A mapping that cannot mean anything, or records that suggest none."""


class Spec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a mapping: no key that it does not know."""


class Lookup(Spec, frozen=True):
    """Where a value is: at a path, or the same for all records."""

    path: JsonPath | None = None
    value: str | int | float | None = None

    def __post_init__(self) -> None:
        """Refuse a lookup that says nothing, or two things."""
        if (self.path is None) == (self.value is None):
            raise ValueError("must have either `path` or `value`")


class StatusLookup(Spec, frozen=True):
    """Where the word for the end is, and which status the source's words mean."""

    path: JsonPath
    values: dict[str, Status] = {}


class RewardLookup(Spec, frozen=True):
    """Where the final reward is, and which number the source's words mean."""

    path: JsonPath
    values: dict[str, float] = {}


class RoleLookup(Spec, frozen=True):
    """Where the speaker of a message is, and which role the source's words mean."""

    path: JsonPath
    values: dict[str, Role] = {}


class ScoreLookup(Spec, frozen=True):
    """One score beside the final reward, and who gave it."""

    path: JsonPath
    source: ScoreSource
    explanation: JsonPath | None = None


class Secrets(Spec, frozen=True):
    """What no policy may see: it goes to quarantine, never to a message or `extra`."""

    gold_actions: JsonPath | None = None
    gold_outputs: JsonPath | None = None
    private_instruction: JsonPath | None = None
    extra: tuple[JsonPath, ...] = ()


class Calls(Spec, frozen=True):
    """Tool calls of a message: one object, or a list of them; the other paths start at one call."""

    path: JsonPath
    name: JsonPath = JsonPath("$.function.name")
    arguments: JsonPath = JsonPath("$.function.arguments")
    id: JsonPath = JsonPath("$.id")


class Messages(Spec, frozen=True):
    """A conversation as a list of messages; the other paths start at one message."""

    path: JsonPath
    role: RoleLookup
    content: JsonPath
    reasoning: JsonPath | None = None
    tool_calls: Calls | None = None
    tool_call_id: JsonPath | None = None
    name: JsonPath | None = None
    reward: JsonPath | None = None


class Steps(Spec, frozen=True):
    """A conversation as a list of steps; the other paths start at one step."""

    path: JsonPath
    action: JsonPath
    observation: JsonPath | None = None
    first: Literal["observation", "action"] = "observation"
    """Which of the two comes first: what the policy saw before it acted, or what its action led to."""
    reasoning: JsonPath | None = None
    reward: JsonPath | None = None


class MappingSpec(Spec, frozen=True):
    """One mapping, checked."""

    name: Name
    """The format's name, in snake_case."""
    task_key: Lookup | None = None
    benchmark: Lookup | None = None
    split: Lookup | None = None
    instruction: Lookup | None = None
    trial: Lookup | None = None
    agent: Lookup | None = None
    model: Lookup | None = None
    status: StatusLookup | None = None
    termination_reason: Lookup | None = None
    outcome_reward: RewardLookup | None = None
    cost_usd: Lookup | None = None
    prompt_tokens: Lookup | None = None
    completion_tokens: Lookup | None = None
    tools: JsonPath | None = None
    system: JsonPath | None = None
    """A system prompt outside of the list of messages; it becomes the first message."""
    secrets: Secrets = Secrets()
    scores: dict[str, ScoreLookup] = {}
    messages: Messages | None = None
    prompt: JsonPath | None = None
    response: JsonPath | None = None
    steps: Steps | None = None

    def __post_init__(self) -> None:
        """Refuse a mapping without exactly one conversation."""
        if (self.prompt is None) != (self.response is None):
            raise ValueError("`prompt` and `response` must come together")
        shapes = [shape for shape in (self.messages, self.response, self.steps) if shape is not None]
        if len(shapes) != 1:
            raise ValueError("must have exactly one of `messages`, `prompt` with `response`, and `steps`")

    @property
    def spec_hash(self) -> str:
        """Identity by meaning: comments and the order of keys do not matter."""
        meaning = msgspec.to_builtins(self, enc_hook=lambda path: path.text)
        return digest("mapping", msgspec.json.encode(meaning, order="deterministic").decode())


PARTS: Mapping[type[Spec], Mapping[str, type[Spec]]] = {
    MappingSpec: {
        "status": StatusLookup,
        "outcome_reward": RewardLookup,
        "secrets": Secrets,
        "messages": Messages,
        "steps": Steps,
        **{
            field.name: Lookup for field in msgspec.structs.fields(MappingSpec) if field.type == Lookup | None
        },
    },
    Messages: {"role": RoleLookup, "tool_calls": Calls},
}
"""The parts of a part, by key."""
BY_PATH_ALONE = (Lookup, StatusLookup, RewardLookup, RoleLookup, Calls)
"""Parts that may be written as their path alone: `model: $.m` for `model: {path: $.m}`."""


def parse_mapping(text: str, *, where: str = "mapping") -> MappingSpec:
    """Read a mapping from YAML.

    Args:
        text: the YAML.
        where: what to call it in messages, usually the path.

    Raises:
        MappingError: not YAML, a value of a wrong kind, or no conversation.
        UnknownNameError: a key that mappings do not have.

    Examples:
        >>> spec = parse_mapping("{name: tiny, prompt: $.q, response: '$.answers[*]', task_key: $.id}")
        >>> (spec.task_key.path.text, spec.response.is_many)
        ('$.id', True)
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise MappingError(f"{where} is not YAML: {exc}") from exc
    try:
        return msgspec.convert(_written_out(content, MappingSpec, where), MappingSpec, dec_hook=_decode_path)
    except msgspec.ValidationError as exc:
        raise MappingError(
            f"{where} is not a mapping: {exc}. Paths: {ALLOWED}. Roles: {', '.join(Role)}. "
            f"Statuses: {', '.join(Status)}. Sources of scores: {', '.join(ScoreSource)}.\n\n"
            "Hint: `winnow ingest --suggest-mapping` writes one to start from"
        ) from exc


def word_of(value: object) -> str:
    """Give the word under which `values` lists a value: a string itself, anything else as JSON.

    Examples:
        >>> word_of("ok"), word_of(True), word_of(0)
        ('ok', 'true', '0')
    """
    return value if isinstance(value, str) else json_text(value)


def _written_out(content: object, kind: type[Spec], where: str) -> object:
    """Write out what may be written short, and refuse unknown keys; msgspec judges all else."""
    if isinstance(content, str) and kind in BY_PATH_ALONE:
        return {"path": content}
    if not isinstance(content, dict):
        return content
    for key in content:
        if key not in kind.__struct_fields__:
            raise UnknownNameError.from_name("key", str(key), kind.__struct_fields__, where=where)
    parts = {
        key: _written_out(content[key], part, f"{where}: {key}")
        for key, part in PARTS.get(kind, {}).items()
        if key in content
    }
    values = content.get("values")
    if isinstance(values, dict):
        parts["values"] = {word_of(word): meaning for word, meaning in values.items()}
    return content | parts


def _decode_path(kind: type, value: object) -> JsonPath:
    if kind is not JsonPath or not isinstance(value, str):
        raise ValueError(f"{value!r} is not a path. Allowed: {ALLOWED}")
    return JsonPath(value)
