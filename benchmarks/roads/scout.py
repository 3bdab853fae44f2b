"""Insert OpenAI chat JSON Lines into an Inspect Scout database; runs in an environment of its own, with Scout in it.

`python scout.py ROLLOUTS.jsonl DATABASE NEEDLE` prints one JSON object, as all roads do.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any


def transcript(row: dict[str, Any], index: int, messages: list[Any]) -> Any:
    """Make Scout's record of one rollout."""
    from inspect_scout import Transcript

    return Transcript(
        transcript_id=str(index),
        source_type="openai",
        task_id=row["task_id"],
        task_repeat=row["trial"],
        model=row["model"],
        score=row["reward"],
        messages=messages,
    )


async def insert(rollouts: Path, database: str) -> int:
    """Insert every line, as a stream."""
    from inspect_ai.model import messages_from_openai
    from inspect_scout import transcripts_db

    count = 0

    async def read() -> Any:
        nonlocal count
        with rollouts.open("rb") as lines:
            for index, line in enumerate(lines):
                row = json.loads(line)
                yield transcript(row, index, await messages_from_openai(row["messages"]))
                count += 1

    async with transcripts_db(database) as scout:
        await scout.insert(read())
    return count


def main() -> None:
    """Insert, then count rows and the transcripts that hold the needle."""
    import duckdb

    rollouts, database, needle = sys.argv[1:]
    start = time.perf_counter()
    asyncio.run(insert(Path(rollouts), database))
    wall_s = time.perf_counter() - start
    files = [str(path) for path in Path(database).rglob("*.parquet") if "_index" not in path.parts]
    rows, hits = duckdb.execute(
        "SELECT count(*), count(*) FILTER (WHERE contains(messages, ?)) FROM read_parquet(?, union_by_name = true)",
        [needle, files],
    ).fetchone() or (0, 0)
    print(json.dumps({"wall_s": wall_s, "rows": rows, "hits": hits}))


if __name__ == "__main__":
    main()
