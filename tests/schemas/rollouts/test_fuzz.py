"""Tens of thousands of damaged real records: never a crash, each kept or refused, and no neighbour harmed."""

import copy
import io
import json
import random
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from schemas.identity import content_digest
from schemas.reasons import RejectReason
from schemas.rollouts import ROLLOUT_FORMATS, Decoded, claiming_format, decode_record, read_records
from schemas.rows import rollout_tables, verdict_rows
from tests.schemas.rollouts.leaves import leaves
from tests.schemas.rollouts.real_files import Sample, read_zst

MUTATIONS_PER_FORMAT = 1_000
LARGEST_BYTES = 40_000
"""Larger records are damaged no differently, only more slowly."""
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 1.5, -1e300, "", "x", "0", "{}", "[]", [], {}, [[]], [None], {"": None}, "\u0000",
    "assistant", ["a", 1], {"role": "user"},
)  # fmt: skip


def replace_leaf(value: Any, rng: random.Random) -> Any:
    return _with(value, rng, lambda holder, key: holder.__setitem__(key, rng.choice(ODD_VALUES)))


def drop(value: Any, rng: random.Random) -> Any:
    return _with(value, rng, lambda holder, key: holder.__delitem__(key))


def double(value: Any, rng: random.Random) -> Any:
    def change(holder: Any, key: Any) -> None:
        if isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        else:
            holder[f"{key}~"] = copy.deepcopy(holder[key])

    return _with(value, rng, change)


def _with(value: Any, rng: random.Random, change: Callable[[Any, Any], None]) -> Any:
    """Change a random node: a leaf, or something on the way to one."""
    value = copy.deepcopy(value)
    paths = [path for path in leaves(value) if path]
    if not paths:
        return rng.choice(ODD_VALUES)
    path = rng.choice(paths)
    path = path[: rng.randint(1, len(path))]
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return value


def damage(raw: bytes, rng: random.Random) -> bytes:
    """Change the bytes themselves."""
    start = rng.randrange(len(raw) + 1)
    end = min(len(raw), start + rng.choice((0, 1, 3, 50)))
    filling = rng.choice((b"", b"\x00", b"\xff", b'"', b"\\ud800", b"NaN", b"}", b"[", b"\n", b"1e999"))
    return raw[:start] if rng.random() < 0.2 else raw[:start] + filling + raw[end:]


def mutated(raw: bytes, rng: random.Random) -> bytes:
    """Damage one record: its structure where it has one, else its bytes."""
    lines = raw.split(b"\n")
    place = rng.randrange(len(lines))
    try:
        value = json.loads(raw if rng.random() < 0.5 else lines[place])
    except ValueError:
        return damage(raw, rng)
    kind = rng.choice((replace_leaf, replace_leaf, drop, double, None))
    if kind is None:
        return damage(raw, rng)
    changed = json.dumps(kind(value, rng)).encode()
    is_line = len(lines) > 1 and len(value) > 0 and not raw.startswith((b"[", b"{\n"))
    return b"\n".join([*lines[:place], changed, *lines[place + 1 :]]) if is_line else changed


@pytest.mark.parametrize("name", ROLLOUT_FORMATS)
def test_a_damaged_record_is_kept_or_refused(name: str, real_data: Path) -> None:
    rng = random.Random(name)
    samples: list[Sample] = list(import_module(f"tests.schemas.rollouts.samples.{name}").samples(real_data))
    small = [sample for sample in samples if len(sample.record.raw) <= LARGEST_BYTES] or samples[:1]
    kept = 0
    for _ in range(MUTATIONS_PER_FORMAT):
        sample = rng.choice(small)
        raw = mutated(sample.record.raw, rng)
        record = replace(sample.record, raw=raw, record_id=content_digest(raw))
        outcome = decode_record(record, sample.source, ROLLOUT_FORMATS[name])
        if isinstance(outcome, Decoded):
            kept += 1
            rollout_tables(outcome.trajectories, bucket_count=4)
            verdict_rows(record.record_id, outcome.verdicts, source_id="s", bucket_count=4)
        else:
            assert outcome.reason is not RejectReason.DECODER_FAULT, (outcome.detail, raw)
    assert kept > 0, "the mutations should leave something readable"


def test_damage_to_one_line_harms_no_other(real_data: Path) -> None:
    rng = random.Random(0)
    content = read_zst(real_data / "swe_agent/swesmith_ft_xml_example.jsonl.zst")
    lines = content.splitlines()
    whole = [record.record_id for record in records_of(content)]
    assert len(whole) == len(lines)
    for _ in range(100):
        place = rng.randrange(len(lines))
        harmed = damage(lines[place], rng).replace(b"\n", b" ").strip(b" \t\r") or b"?"
        found = [
            record.record_id
            for record in records_of(b"\n".join([*lines[:place], harmed, *lines[place + 1 :]]))
        ]
        assert found == [*whole[:place], content_digest(harmed), *whole[place + 1 :]]


def records_of(content: bytes) -> list[Any]:
    stream: Any = io.BufferedReader(io.BytesIO(content))
    return list(read_records(stream, file_name="rows.jsonl", claims=claiming_format))
