"""What every proof does: find the assistant's turns in what a trainer tokenised, and compare with what was meant.

This runs in the trainer's own Python, so it imports nothing of ours, and of others only `transformers`.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from typing import Any

MARKS = {
    "llama": (b"<|start_header_id|>assistant<|end_header_id|>\n\n", b"<|eot_id|>"),
    "chatml": (b"<|im_start|>assistant\n", b"<|im_end|>"),
}
"""How a turn of the assistant begins, which is not trained, and how it ends, which is."""

THINK_TAGS = re.compile(rb"<think>\n|\n</think>\n\n")

Row = dict[str, Any]


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def load(place: str) -> Any:
    """Import `module:name` of a trainer that only its own environment has."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def read_lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_tokenizer(folder: Path, name: str) -> Any:
    return load("transformers:PreTrainedTokenizerFast").from_pretrained(str(folder / "tokenizers" / name))


def token_bytes(tokenizer: Any, ids: Sequence[int]) -> list[bytes]:
    """Spell tokens in bytes: of a byte-level tokenizer the pieces of one character are no text yet."""
    letters = _letters()
    special = set(tokenizer.all_special_tokens)
    tokens = tokenizer.convert_ids_to_tokens(list(ids))
    return [
        token.encode() if token in special else bytes(letters[letter] for letter in token) for token in tokens
    ]


def _letters() -> dict[str, int]:
    """Give the byte that each letter of GPT-2's byte-level alphabet stands for."""
    printable = [
        *range(ord("!"), ord("~") + 1),
        *range(ord("¡"), ord("¬") + 1),
        *range(ord("®"), ord("ÿ") + 1),
    ]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(256 + at): byte for at, byte in enumerate(others)}


def find_turns(text: bytes, template: str) -> Iterator[tuple[int, int]]:
    """Find where each turn's own words begin, and where they end, the end mark included."""
    begin_mark, end_mark = MARKS["llama" if template.startswith("llama") else "chatml"]
    at = text.find(begin_mark)
    while at >= 0:
        begin = at + len(begin_mark)
        end = text.index(end_mark, begin) + len(end_mark)
        yield begin, end
        at = text.find(begin_mark, end)


@dataclass
class Proof:
    """Counts over the rows of one export with one template."""

    title: str
    counts: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)

    def compare(
        self,
        pieces: Sequence[bytes],
        is_trained: Sequence[bool],
        *,
        template: str,
        turns: Sequence[str],
        trained: Sequence[bool],
        hidden: Sequence[Sequence[str]] = (),
        tags: bool = True,
    ) -> None:
        """Compare one row.

        Args:
            pieces: its tokens in bytes.
            is_trained: which of them the trainer would train.
            template: whose marks to look for.
            turns: what each turn should say, from its first own character to the end mark.
            trained: which turns should be trained.
            hidden: texts inside each turn that should not be.
            tags: whether the tags that a template puts around reasoning should be trained; if not, they are
                left aside, for the trainer decides.
        """
        text = b"".join(pieces)
        found = list(find_turns(text, template))
        self.counts["rows"] += 1
        if self._compare_turns([text[begin:end].decode() for begin, end in found], turns, trained):
            self._compare_tokens(pieces, is_trained, found, trained=trained, hidden=hidden, tags=tags)

    def _compare_turns(self, said: Sequence[str], turns: Sequence[str], trained: Sequence[bool]) -> bool:
        if len(said) != len(turns):
            self.misses.append(f"{len(said)} turns instead of {len(turns)}")
            return False
        for at, (one, other) in enumerate(zip(said, turns, strict=True)):
            if trained[at] and one != other:
                self.misses.append(f"turn {at}: {one[:300]!r} instead of {other[:300]!r}")
        return True

    def _compare_tokens(
        self,
        pieces: Sequence[bytes],
        is_trained: Sequence[bool],
        found: Sequence[tuple[int, int]],
        *,
        trained: Sequence[bool],
        hidden: Sequence[Sequence[str]],
        tags: bool,
    ) -> None:
        text = b"".join(pieces)
        hidden_bytes = [[one.encode() for one in texts] for texts in hidden or [()] * len(found)]
        places = [
            part
            for at, (begin, end) in enumerate(found)
            if trained[at]
            for part in _without(text, begin, end, hidden_bytes[at])
        ]
        spared = [] if tags else _tag_places(text, places)
        self.counts["think tags left aside"] += len(spared)
        tokens = zip(pieces, _starts(pieces), _mask(pieces, places), is_trained, strict=True)
        kept = [token for token in tokens if not any(begin <= token[1] < end for begin, end in spared)]
        self._count_tokens(kept, ends={end for _, end in found})

    def _count_tokens(self, tokens: Sequence[tuple[bytes, int, bool, bool]], *, ends: set[int]) -> None:
        for piece, at, wanted, got in tokens:
            self.counts["intended"] += wanted
            self.counts["as intended"] += wanted and got
            if got and not wanted:
                self._count_extra(piece, at, ends=ends)
            if wanted and not got:
                self.misses.append(f"{piece!r} at byte {at} is not trained")

    def _count_extra(self, piece: bytes, at: int, *, ends: set[int]) -> None:
        if at in ends and not piece.strip(b"\n"):
            self.counts["newlines behind a turn"] += 1
        elif not _is_text(piece):
            self.counts["split characters at a border"] += 1
        else:
            self.counts["not intended"] += 1
            self.misses.append(f"{piece!r} at byte {at} is trained")

    def compare_arguments(self, written: Mapping[str, Any], raw: str) -> None:
        """Compare the arguments of a call key by key with what the policy wrote."""
        meant = json.loads(raw)
        self.counts["calls"] += 1
        self.counts["keys"] += len(meant)
        for key in sorted({*written, *meant}):
            if (key in written) != (key in meant) or written.get(key) != meant.get(key):
                self.misses.append(f"argument {key!r}: {written.get(key)!r} instead of {meant.get(key)!r}")

    def check(self, what: str, *, holds: bool) -> None:
        """Count one more fact that must hold."""
        self.counts[what] += 1
        if not holds:
            self.misses.append(what)

    def show(self) -> bool:
        """Print the result on one line, and the first misses below; tell whether there is none."""
        intended = self.counts["intended"]
        share = (
            f"{100 * self.counts['as intended'] / intended:.2f} % of {intended} tokens" if intended else ""
        )
        rest = ", ".join(
            f"{name} {count}"
            for name, count in self.counts.items()
            if count and name not in {"intended", "as intended"}
        )
        say(f"{'ok  ' if not self.misses else 'MISS'} {self.title}: {share} {rest}")
        for miss in self.misses[:5]:
            say(f"     {miss}")
        return not self.misses


def _without(text: bytes, begin: int, end: int, hidden: Sequence[bytes]) -> list[tuple[int, int]]:
    """Cut texts out of a place, each where it stands first."""
    left, at = [], begin
    for piece in hidden:
        found = text.index(piece, at, end)
        left.append((at, found))
        at = found + len(piece)
    return [*left, (at, end)]


def _tag_places(text: bytes, places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    return [tag.span() for begin, end in places for tag in THINK_TAGS.finditer(text, begin, end)]


def _starts(pieces: Sequence[bytes]) -> list[int]:
    return [0, *accumulate(map(len, pieces))][:-1]


def _is_text(piece: bytes) -> bool:
    try:
        piece.decode()
    except UnicodeDecodeError:
        return False
    return True


def _mask(pieces: Sequence[bytes], places: Sequence[tuple[int, int]]) -> list[bool]:
    return [
        any(begin <= at and at + len(piece) <= end for begin, end in places)
        for piece, at in zip(pieces, _starts(pieces), strict=True)
    ]


def calls_in(turn: str) -> list[Row]:
    """Read the calls of a turn in Hermes' or Llama's notation."""
    if "<tool_call>" in turn:
        parts = [part.split("</tool_call>")[0] for part in turn.split("<tool_call>")[1:]]
        return [json.loads(part) for part in parts]
    try:
        call = json.loads(turn.removesuffix("<|eot_id|>"))
    except ValueError:
        return []
    called = call if isinstance(call, list) else [call]
    return [{"name": one["name"], "arguments": one["parameters"]} for one in called if "parameters" in one]


def own_turn(message: Row, template: str, *, is_listed: bool = False) -> str:
    """Write a turn as trainers with templates of their own do: text stays beside calls, arguments are spelled anew.

    Args:
        message: the assistant's.
        template: whose notation.
        is_listed: whether Llama's notation of several calls is a list, not one per line.
    """
    reasoning = message.get("reasoning_content")
    thought = "" if reasoning is None else f"<think>\n{reasoning}\n</think>\n\n"
    is_llama = template.startswith("llama")
    calls = [_spelled(call["function"], is_llama=is_llama) for call in message.get("tool_calls", ())]
    called = "\n".join(calls)
    if is_llama and is_listed and len(calls) > 1:
        called = "[" + ", ".join(calls) + "]"
    gap = "\n" if message["content"] and calls else ""
    return f"{thought}{message['content']}{gap}{called}{'<|eot_id|>' if is_llama else '<|im_end|>'}"


def _spelled(call: Row, *, is_llama: bool) -> str:
    written = {"name": call["name"], "parameters" if is_llama else "arguments": json.loads(call["arguments"])}
    text = json.dumps(written, ensure_ascii=False)
    return text if is_llama else f"<tool_call>\n{text}\n</tool_call>"


def compare_calls(proof: Proof, turns: Sequence[str], messages: Sequence[Row]) -> None:
    """Compare the calls in the turns that were found with those that the policy wrote."""
    spoken = [message for message in messages if message["role"] == "assistant"]
    for turn, message in zip(turns, spoken, strict=True):
        for call, meant in zip(calls_in(turn), message.get("tool_calls", ()), strict=False):
            proof.compare_arguments(call["arguments"], meant["function"]["arguments"])


def finish(proofs: Sequence[Proof]) -> None:
    """Print all and end with 1 when something was missed."""
    shown = [proof.show() for proof in proofs]
    sys.exit(0 if shown and all(shown) else 1)
