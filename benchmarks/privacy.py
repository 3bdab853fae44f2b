"""How many planted secrets the scan finds, what it takes for one by mistake, and how fast it is.

Plants go into the real messages of a warehouse, half of them into plain text and half into the JSON arguments
of a tool call. What the scan finds in the messages before planting is told apart, by kind.

    winnow ingest ROLLOUTS --warehouse DIR && python -m benchmarks.privacy --warehouse DIR
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import msgspec
import polars as pl

from benchmarks.measure import machine
from benchmarks.planted import DECOYS, PLANTS, UNCOVERED, Plant
from curation.privacy import redact_messages, scan_messages
from warehouse import Warehouse

KEY = b"benchmark"
CONTEXT_CHARS = 2_000


@dataclass(frozen=True, kw_only=True)
class Planting:
    """One message with one thing in it."""

    label: str
    """The kind planted, or the name of the decoy."""
    secret: str
    """What must be found; empty for a decoy."""
    field: str
    value: str
    """The whole string of that field."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """How one kind fared."""

    planted: int
    found: int
    """Plants whose secret lies wholly in a span of their kind."""
    mistaken: int
    """Spans of this kind on decoys, or on plants of another kind."""

    @property
    def recall_frac(self) -> float:
        """Share of plants that were found."""
        return self.found / self.planted

    @property
    def precision_frac(self) -> float:
        """Share of its spans that lie on plants of the kind."""
        return self.found / max(self.found + self.mistaken, 1)


def plantings(texts: list[str], *, count: int, seed: int) -> list[Planting]:
    """Plant `count` of each kind and decoy, each in a message of its own."""
    random = Random(seed)  # noqa: S311 - made-up data
    makers: dict[str, Callable[[Random], Plant]] = {**PLANTS, **UNCOVERED}
    for name, decoy in DECOYS.items():
        makers[name] = lambda random, decoy=decoy: Plant(decoy(random), "")  # type: ignore[misc]  # binds the loop's own
    return [
        _planting(label, make(random), random.choice(texts), random)
        for label, make in makers.items()
        for _ in range(count)
    ]


def _planting(label: str, plant: Plant, text: str, random: Random) -> Planting:
    """Put a plant between two words of a text, as plain text or as JSON."""
    start = random.randrange(max(1, len(text) - CONTEXT_CHARS))
    words = text[start : start + CONTEXT_CHARS].split(" ")
    words.insert(random.randint(0, len(words)), plant.text)
    said = " ".join(words)
    if random.random() < 1 / 2:
        return Planting(label=label, secret=plant.secret, field="text", value=said)
    value = msgspec.json.encode({"path": "a.py", "content": said}).decode()
    secret = msgspec.json.encode(plant.secret).decode()[1:-1]
    return Planting(label=label, secret=secret, field="arguments", value=value)


def messages_of(items: Iterable[Planting]) -> pl.DataFrame:
    """Make one message of each planting; `seq` is its index."""
    call = pl.Struct({"name": pl.String, "arguments": pl.String, "extra": pl.String})
    rows = [
        {
            "trajectory_id": "planted",
            "bucket": 0,
            "seq": index,
            "text": item.value if item.field == "text" else None,
            "tool_calls": [{"name": "f", "arguments": item.value, "extra": None}]
            * (item.field == "arguments"),
        }
        for index, item in enumerate(items)
    ]
    plain = dict.fromkeys(("text", "reasoning", "content_json", "extra"), pl.String())
    schema = {
        "trajectory_id": pl.String(),
        "bucket": pl.Int32(),
        "seq": pl.Int64(),
        "tool_calls": pl.List(call),
    }
    return pl.DataFrame(rows, schema=pl.Schema({**schema, **plain}))


def judge(items: list[Planting]) -> tuple[dict[str, Score], Counter[tuple[str, str]]]:
    """Scan plantings.

    Returns:
        A score per kind, and how often each kind was seen where something else was planted, by kind and label.
    """
    spans = scan_messages(messages_of(items), digest_key=KEY)
    found: Counter[str] = Counter()
    mistakes: Counter[tuple[str, str]] = Counter()
    for span in spans.iter_rows(named=True):
        item = items[span["seq"]]
        text = item.value[span["start_char"] : span["end_char"]]
        if item.label == span["kind"] and item.secret in text:
            found[item.label] += 1
        else:
            mistakes[span["kind"], item.label] += 1
    planted = Counter(item.label for item in items)
    scores = {
        kind: Score(
            planted=planted[kind],
            found=found[kind],
            mistaken=sum(count for (seen, _), count in mistakes.items() if seen == kind),
        )
        for kind in (*PLANTS, *UNCOVERED)
    }
    return scores, mistakes


def clean_texts(messages: pl.DataFrame) -> list[str]:
    """Give the distinct texts in which the scan finds nothing: what it finds after planting is the plant's doing."""
    named = messages.filter(pl.col("text").str.len_chars() > 0).unique("text", maintain_order=True)
    hit = scan_messages(named, digest_key=KEY).filter(pl.col("field") == "text")
    return named.join(hit, on=["trajectory_id", "seq"], how="anti")["text"].to_list()


def main() -> None:
    """Print recall and precision by kind, finds in the real messages by kind, and speed."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--warehouse", type=Path, required=True, help="whose messages to plant into")
    parser.add_argument("--count", type=int, default=200, help="plants of each kind")
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    messages = Warehouse(arguments.warehouse).store.read("messages")
    print(machine())
    _print_speed(messages)
    scores, mistakes = judge(plantings(clean_texts(messages), count=arguments.count, seed=arguments.seed))
    print("\n| kind | planted | recall | precision | seen by mistake on |\n|---|---|---|---|---|")
    for kind, score in scores.items():
        _print_score(kind, score, mistakes)


def _print_speed(messages: pl.DataFrame) -> None:
    size = messages.select(_bytes(messages.schema)).item() / 1e6
    start = time.perf_counter()
    spans = scan_messages(messages, digest_key=KEY)
    scanned_s = time.perf_counter() - start
    start = time.perf_counter()
    redact_messages(messages, spans)
    redacted_s = time.perf_counter() - start
    print(f"{messages.height} messages, {size:.1f} MB: scanned at {size / scanned_s:.0f} MB/s, ", end="")
    print(f"{spans.height} spans redacted in {redacted_s:.2f} s")
    by_kind = spans.group_by("kind").agg(pl.len(), pl.col("text_digest").n_unique()).sort("kind")
    for kind, count, distinct in by_kind.iter_rows():
        print(f"  real messages: {kind} {count} spans, {distinct} distinct")


def _bytes(schema: Mapping[str, pl.DataType]) -> pl.Expr:
    names = [name for name in ("text", "reasoning", "content_json", "extra") if name in schema]
    call = pl.col("tool_calls").list.eval(
        pl.element().struct.field("arguments").str.len_bytes()
        + pl.element().struct.field("extra").str.len_bytes().fill_null(0)
    )
    return pl.sum_horizontal(*(pl.col(name).str.len_bytes().sum() for name in names), call.list.sum().sum())


def _print_score(kind: str, score: Score, mistakes: Counter[tuple[str, str]]) -> None:
    where = ", ".join(f"{label} {count}" for (seen, label), count in sorted(mistakes.items()) if seen == kind)
    print(f"| {kind} | {score.planted} | {score.recall_frac:.3f} | {score.precision_frac:.3f} | {where} |")


if __name__ == "__main__":
    main()
