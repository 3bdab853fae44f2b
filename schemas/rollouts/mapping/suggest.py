"""Propose a mapping from a sample of records: YAML that a person reads, corrects and passes to `--mapping`.

The guess goes by names and by what the values are: a field is proposed only when its value fits in every sampled
record that has it. Comments say how many have it, what was not understood, and how many records it reads.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import yaml

from schemas.errors import RecordFault
from schemas.identity import content_digest
from schemas.rollouts.format import RawRecord, Source
from schemas.rollouts.mapping import words
from schemas.rollouts.mapping.mapped import load_mapping
from schemas.rollouts.mapping.shapes import Lines, Shape, each, find_shape, is_number, is_text, is_word
from schemas.rollouts.mapping.spec import MappingError
from schemas.rollouts.mapping.survey import Fits, Found, Survey, overlaps, survey
from schemas.rollouts.parts.fields import INT64_MAX

KEY_CHARS = 200
SHOWN_PATHS = 40
PLAIN = re.compile(r"[\w$.][\w$.\[\]*-]*")


def suggest_mapping(records: Sequence[object]) -> str:
    """Write a mapping that reads the records, as far as their names and values tell.

    Args:
        records: parsed records; some dozens are enough.

    Returns:
        YAML with comments; the same for the same records.

    Raises:
        MappingError: no path looks like a conversation.

    Examples:
        >>> print(suggest_mapping([{"q_id": 7, "prompt": "Hi", "completions": ["Ho", "He"], "rewards": [1, 0]}]))
        # Guessed from 1 records, of which it reads 1. Correct it where it is wrong, then ingest with --mapping.
        name: mapped
        outcome_reward: $.rewards[*]  # in 1 of 1 records
        prompt: $.prompt  # in 1 of 1 records
        response: $.completions[*]
        # Left to `extra`: $.q_id
        # Is any of it gold, or for the user simulator only? Then name it under `secrets`.
        <BLANKLINE>
    """
    seen = survey(records)
    shape = find_shape(seen)
    if shape is None:
        raise MappingError(
            f"No conversation found in {len(records)} records: neither a list of objects with a speaker and words, nor "
            f"one of steps with action and observation, nor a prompt with its response. Paths: {_listed(seen.found)}."
            "\n\nHint: write the mapping by hand; `schemas/rollouts/mapping/spec.py` begins with an example"
        )
    body = "".join(f"{line}\n" for line in _body(seen, shape))
    return f"{_verdict(body, records)}\n{body}"


def _body(seen: Survey, shape: Shape) -> Iterator[str]:
    taken = list(shape.paths)
    yield "name: mapped"
    for key in words.FIELDS:
        found, lines = _field(key, seen, shape, taken)
        if found is not None:
            taken.append(found.path)
            yield from _written({key: lines}, note=f"in {len(found.by_index)} of {seen.object_count} records")
    yield from _written(_secrets(seen, taken), note="to quarantine: it may be gold, by its name")
    yield from _written(shape.lines, note=f"in {shape.record_count} of {seen.object_count} records")
    yield from (f"# {note}" for note in shape.notes)
    left = [path for path in seen.found if not any(overlaps(path, other) for other in taken)]
    if left:
        yield f"# Left to `extra`: {_listed(left)}"
        yield "# Is any of it gold, or for the user simulator only? Then name it under `secrets`."


def _field(key: str, seen: Survey, shape: Shape, taken: list[str]) -> tuple[Found | None, object]:
    """Find the path of one canonical field, and what to write for it."""
    names = words.FIELDS[key]
    found = seen.best(names, FITS[key], taken)
    if found is not None:
        return found, _with_values(key, found)
    if key == "outcome_reward" and shape.responses is not None:
        counts = {index: len(_list(value)) for index, value in shape.responses.by_index.items()}
        found = seen.best(names, lambda many: _are_rewards(many, counts), taken)
    return found, None if found is None else f"{found.path}[*]"


def _are_rewards(found: Found, counts: Mapping[int, int]) -> bool:
    """Tell a list with one number, or null, per response."""
    return all(
        index in counts
        and len(_list(value)) == counts[index]
        and all(number is None or is_number(number) for number in _list(value))
        for index, value in found.by_index.items()
    )


def _with_values(key: str, found: Found) -> object:
    """Give the path, with what the source's words mean where the field has words of its own."""
    meanings = VALUES.get(key, {})
    said = sorted({value for value in found.values if isinstance(value, str)})
    values = {word: meanings[words.plain(word)] for word in said if words.plain(word) in meanings}
    values = {word: means for word, means in values.items() if word != means}
    return {"path": found.path, "values": values} if values else found.path


def _secrets(seen: Survey, taken: list[str]) -> Lines:
    """Name every path that may be gold: the best guess under its own key, all others under `extra`."""
    secrets: dict[str, object] = {}
    others: list[str] = []
    for key, names in words.SECRETS.items():
        while (found := seen.best(names, lambda _: True, taken)) is not None:
            taken.append(found.path)
            if key == "extra" or key in secrets:
                others.append(found.path)
            else:
                secrets[key] = found.path
    if others:
        secrets["extra"] = others
    return {"secrets": secrets} if secrets else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _is_key(value: object) -> bool:
    return is_word(value) and len(str(value)) <= KEY_CHARS and "\n" not in str(value)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= INT64_MAX


def _is_count(value: object) -> bool:
    return isinstance(value, int) and _is_integer(value) and value >= 0


def _are_verdicts(found: Found) -> bool:
    """Tell numbers and flags, or words that are known verdicts."""
    return each(lambda value: isinstance(value, bool) or is_number(value))(found) or each(
        lambda value: isinstance(value, str) and words.plain(value) in words.VERDICT_WORDS
    )(found)


FITS: Mapping[str, Fits] = {
    "task_key": each(_is_key),
    "trial": each(_is_integer),
    "outcome_reward": _are_verdicts,
    "cost_usd": each(is_number),
    **dict.fromkeys(("prompt_tokens", "completion_tokens"), each(_is_count)),
    **dict.fromkeys(
        ("benchmark", "split", "instruction", "agent", "model", "status", "termination_reason", "system"),
        each(is_text),
    ),
    "tools": each(lambda value: isinstance(value, list)),
}
VALUES: Mapping[str, Mapping[str, object]] = {
    "status": {word: status.value for word, status in words.STATUS_WORDS.items()},
    "outcome_reward": words.VERDICT_WORDS,
}


def _written(lines: Lines, *, note: str = "", depth: int = 0) -> Iterator[str]:
    """Write keys and values, the note behind the first key."""
    indent = "  " * depth
    for key, value in lines.items():
        comment, note = f"  # {note}" if note else "", ""
        if isinstance(value, Mapping):
            if value:
                yield f"{indent}{_scalar(key)}:{comment}"
                yield from _written(value, depth=depth + 1)
        elif isinstance(value, list):
            yield f"{indent}{_scalar(key)}: [{', '.join(map(_quoted, value))}]{comment}"
        else:
            yield f"{indent}{_scalar(key)}: {_scalar(value)}{comment}"


def _scalar(value: object) -> str:
    """Write a word so that YAML reads the same word."""
    text = str(value)
    if not isinstance(value, str) or (PLAIN.fullmatch(text) and yaml.safe_load(text) == text):
        return text
    return _quoted(text)


def _quoted(value: object) -> str:
    return str(yaml.safe_dump(str(value), default_style='"', allow_unicode=True, width=float("inf"))).strip()


def _listed(paths: Iterable[str]) -> str:
    """List paths on one line of a comment."""
    shown = sorted(paths)
    more = f", and {len(shown) - SHOWN_PATHS} more" if len(shown) > SHOWN_PATHS else ""
    return repr(", ".join(shown[:SHOWN_PATHS]))[1:-1] + more


def _verdict(body: str, records: Sequence[object]) -> str:
    """Try the mapping on the records, and tell how many it reads and what became of the first that it refuses."""
    mapping, refused = load_mapping(body), list[RecordFault]()
    for index, record in enumerate(records):
        raw = msgspec.json.encode(record)
        sample = RawRecord(raw=raw, locator=f"$[{index}]", index=index, record_id=content_digest(raw))
        try:
            mapping.decode(sample, Source(uri="sample", name="sample"))
        except RecordFault as fault:
            refused.append(fault)
    count = len(records)
    first = f"\n# First refusal: {str(refused[0])!r}" if refused else ""
    return (
        f"# Guessed from {count} records, of which it reads {count - len(refused)}. "
        f"Correct it where it is wrong, then ingest with --mapping.{first}"
    )
