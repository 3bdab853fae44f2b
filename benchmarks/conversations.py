"""Write agent conversations as OpenAI chat JSON Lines, of a size and a wordiness like real ones.

`python -m benchmarks.conversations OUT --trajectories 20000` writes some 520 MB: 35 messages each, tool calls with
JSON arguments, tool results of very different lengths, words drawn by Zipf's law so that compression has to work.
"""

import argparse
import random
from itertools import accumulate
from pathlib import Path

import msgspec

TURNS = 11
"""35 messages of some 730 bytes: the mean of the published tau-bench airline rollouts is 775 bytes a message."""
WORD_COUNT = 20_000
RESULT_WORDS = 150
TOOLS = ("search_code", "read_file", "run_tests", "edit_file", "list_directory", "shell")


class Words:
    """A seeded source of words."""

    def __init__(self, seed: int) -> None:
        """Make the vocabulary, which is the same for each seed."""
        letters = random.Random(0)  # noqa: S311 - made-up words
        self._words = [
            "".join(letters.choices("etaoinshrdlucmfwypvbgkqjxz_", k=letters.randint(2, 11)))
            for _ in range(WORD_COUNT)
        ]
        self._weights = list(accumulate(1 / rank for rank in range(1, WORD_COUNT + 1)))
        self.random = random.Random(seed)  # noqa: S311 - made-up words

    def text(self, count: int) -> str:
        """Draw a text of so many words."""
        return " ".join(self.random.choices(self._words, cum_weights=self._weights, k=count))


def conversation(words: Words, index: int) -> dict[str, object]:
    """Make one rollout: system, user, and turns of a call, its result and sometimes a word between."""
    messages: list[dict[str, object]] = [
        {"role": "system", "content": words.text(220)},
        {"role": "user", "content": words.text(90)},
    ]
    for turn in range(TURNS):
        call = {
            "id": f"call_{index}_{turn}",
            "type": "function",
            "function": {
                "name": words.random.choice(TOOLS),
                "arguments": msgspec.json.encode({"path": words.text(1), "query": words.text(12)}).decode(),
            },
        }
        messages += [
            {"role": "assistant", "content": words.text(30), "tool_calls": [call]},
            {
                "role": "tool",
                "tool_call_id": call["id"],
                "content": words.text(int(words.random.expovariate(1 / RESULT_WORDS)) + 5),
            },
            {"role": "assistant", "content": words.text(40)},
        ]
    return {
        "task_id": f"task-{index // 8}",
        "trial": index % 8,
        "model": "bench-model",
        "reward": float(words.random.getrandbits(1)),
        "messages": messages,
    }


def write_conversations(path: Path, count: int, seed: int = 1) -> None:
    """Write `count` conversations, one per line."""
    words = Words(seed)
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as out:
        for index in range(count):
            out.write(encode(conversation(words, index)) + b"\n")


def main() -> None:
    """Write the file that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--trajectories", type=int, default=20_000)
    given = parser.parse_args()
    write_conversations(given.out, given.trajectories)


if __name__ == "__main__":
    main()
