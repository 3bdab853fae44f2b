"""What a mapping finds of a rollout beside its messages: task, outcome, costs, tools, secrets, scores."""

from collections.abc import Iterator, Mapping
from typing import TypeVar

import msgspec

from schemas.rollouts.mapping.json_paths import JsonPath, Node
from schemas.rollouts.mapping.messages import taken_word, word
from schemas.rollouts.mapping.spec import Lookup, MappingSpec
from schemas.rollouts.parts.fields import ELEMENTS, json_text
from schemas.trajectory import Score, Status, TaskSecrets, Toolset

T = TypeVar("T")

WORD: msgspec.json.Decoder[str | int] = msgspec.json.Decoder(str | int)
NUMBER: msgspec.json.Decoder[float | bool] = msgspec.json.Decoder(float | bool)
STATUSES = {status.value: status for status in Status}


class MappedFacts:
    """The fields of one of the rollouts that a record holds; each is taken as it is read."""

    def __init__(self, root: Node, spec: MappingSpec, *, part: int, count: int) -> None:
        """Read rollout `part` of `count`: a path with `[*]` gives each rollout its own value."""
        self._root = root
        self._spec = spec
        self._part = part
        self._count = count

    def text(self, lookup: Lookup | None) -> str | None:
        """Read a name or a text; an integer is its digits."""
        found = self.value(lookup, WORD)
        return None if found is None else str(found)

    def value(self, lookup: Lookup | None, kind: msgspec.json.Decoder[T]) -> T | None:
        """Read a value of a kind.

        Raises:
            RecordFault: `unexpected_shape`.
        """
        if lookup is None:
            return None
        node = (
            Node(json_text(lookup.value).encode(), "mapping")
            if lookup.path is None
            else self._at(lookup.path)
        )
        if node is None:
            return None
        found = node.read(kind)
        node.take()
        return found

    def ending(self) -> tuple[Status, str | None]:
        """Read status and termination reason; the source's own word is kept, as the reason or in `extra`."""
        reason, spec = self.text(self._spec.termination_reason), self._spec.status
        node = None if spec is None else self._at(spec.path)
        if spec is None or node is None:
            return Status.UNKNOWN, reason
        said = word(node)
        status = (STATUSES | spec.values).get(said, Status.UNKNOWN)
        if said == status.value:
            node.take()
        elif reason is None and status is not Status.UNKNOWN:
            node.take()
            reason = said
        return status, reason

    def outcome_reward(self) -> float | None:
        """Read the final reward; a word that the mapping gives a number stays, and so ends in `extra`."""
        spec = self._spec.outcome_reward
        node = None if spec is None else self._at(spec.path)
        if spec is None or node is None:
            return None
        if word(node) in spec.values:
            return spec.values[word(node)]
        if spec.values and node.raw.startswith(b'"'):
            raise node.fault(
                f"Unknown verdict {word(node)!r}. Known to the mapping: {', '.join(sorted(spec.values))}."
            )
        reward = float(node.read(NUMBER))
        node.take()
        return reward

    def toolset(self) -> Toolset | None:
        """Read tool schemas: an array, or a string that holds one."""
        node = None if self._spec.tools is None else self._at(self._spec.tools)
        if node is None:
            return None
        tools = taken_word(node) or ""
        try:
            ELEMENTS.decode(tools)
        except msgspec.DecodeError as exc:
            raise node.fault("Tools are neither an array nor a string that holds one.") from exc
        return Toolset(tools=tools)

    def secrets(self) -> TaskSecrets | None:
        """Read what belongs in quarantine."""
        spec = self._spec.secrets
        others = {path.text: left for path in spec.extra if (left := self._private(path)) is not None}
        instruction = None if spec.private_instruction is None else self._root.at(spec.private_instruction)
        secrets = TaskSecrets(
            gold_actions=None if spec.gold_actions is None else self._private(spec.gold_actions),
            gold_outputs=None if spec.gold_outputs is None else self._private(spec.gold_outputs),
            private_instruction=taken_word(instruction),
            extra=_object_of(others),
        )
        return None if secrets == TaskSecrets() else secrets

    def scores(self) -> Iterator[Score]:
        """Read the scores beside the final reward."""
        for name, spec in self._spec.scores.items():
            node = self._at(spec.path)
            if node is None:
                continue
            value = float(node.read(NUMBER))
            node.take()
            why = None if spec.explanation is None else self._at(spec.explanation)
            yield Score(name=name, value=value, source=spec.source, explanation=taken_word(why))

    def _at(self, path: JsonPath) -> Node | None:
        if not path.is_many:
            return self._root.at(path)
        nodes = self._root.all_at(path)
        if len(nodes) != self._count:
            raise self._root.fault(
                f"{path.text!r} leads to {len(nodes)} values, but there are {self._count} rollouts."
            )
        return nodes[self._part].at(JsonPath("$"))

    def _private(self, path: JsonPath) -> str | None:
        """Take the exact JSON at a path; of several values, an array of them."""
        nodes = [node for node in self._root.all_at(path) if not node.is_null]
        texts = [node.take().decode() for node in nodes]
        return _array_of(texts) if path.is_many and texts else next(iter(texts), None)


def _array_of(texts: list[str]) -> str:
    return json_text([msgspec.Raw(text) for text in texts])


def _object_of(texts: Mapping[str, str]) -> str | None:
    return json_text({name: msgspec.Raw(text) for name, text in texts.items()}) if texts else None
