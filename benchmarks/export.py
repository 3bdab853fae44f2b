"""Export 100,000 simulated trajectories, and let TRL tokenise the same rows.

`python -m benchmarks.export [COUNT] [--warehouse DIR] [--sample ROWS] [--formats NAME ...]`. Winnow's seconds are those of the whole process,
Prefect's start included; TRL's are those of its own preparation alone (chat template and tokens of `SFTTrainer`, one
process), over the first ROWS of what Winnow wrote. Rates are per CPU second, which a busy machine does not change.
Memory is the peak of the process tree.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measure import machine
from benchmarks.watched import watch
from schemas.training import TRAINING_FORMATS

WORKPLACE = Path(".bench")
TRIALS = 8
RECIPE = "name: everything\nsignals: [outcomes]\nsplit: {test_frac: 0.1}\n"
FORMATS = ("trl_sft", "openai_chat")
TOKENIZER_ROWS = 500
"""Rows that the tokenizer is trained on."""


def main() -> None:
    """Make the dataset unless it is there, export it, and tokenise a sample of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--warehouse", type=Path, help="one that holds the dataset `everything`")
    parser.add_argument("--sample", type=int, default=5_000)
    parser.add_argument(
        "--formats", nargs="+", default=FORMATS, choices=sorted(TRAINING_FORMATS), metavar="NAME"
    )
    parser.add_argument("--tokenise", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.tokenise:
        sys.stdout.write(json.dumps(tokenise_sample(given.tokenise, given.sample)) + "\n")
        return
    WORKPLACE.mkdir(exist_ok=True)
    root = given.warehouse or make_dataset(given.count)
    sys.stdout.write(
        f"{machine()}\n\n| road | rows | s | CPU s | rows/CPU s | peak MiB |\n|---|---|---|---|---|---|\n"
    )
    for name in given.formats:
        out = WORKPLACE / "export" / name
        command = ["export", "everything", "--to", name, "--out", str(out), "--warehouse", str(root)]
        before = _children_cpu_s()
        seen = watch([sys.executable, "-m", "flows", *command], log=WORKPLACE / f"export_{name}.log")
        rows = json.loads((out / "manifest.json").read_bytes())["row_count"]
        _print(f"Winnow {name}", rows, seen.wall_s, _children_cpu_s() - before, seen.peak_mib)
    if "trl_sft" not in given.formats:
        return
    log = WORKPLACE / "export_trl.log"
    sample = ["--sample", str(given.sample), "--tokenise", str(WORKPLACE / "export" / "trl_sft")]
    seen = watch([sys.executable, "-m", "benchmarks.export", *sample], log=log)
    told = json.loads(log.read_text().splitlines()[-1])
    _print("TRL SFTTrainer", told["rows"], told["s"], told["cpu_s"], seen.peak_mib)


def make_dataset(count: int) -> Path:
    """Simulate, ingest, score and curate, each in a process of its own; what is there already is not made again."""
    root, rollouts = WORKPLACE / f"export_{count}", WORKPLACE / f"simulated_{count}"
    recipe = WORKPLACE / "everything.yaml"
    WORKPLACE.mkdir(exist_ok=True)
    recipe.write_text(RECIPE)
    simulation = [
        "--out",
        str(rollouts),
        "--tasks",
        str(count // TRIALS),
        "--trials",
        str(TRIALS),
        "--seed",
        "1",
    ]
    if not (rollouts / "truth").is_dir():
        subprocess.run(
            [sys.executable, "-m", "simulation", *simulation, "--rendering", "verbose"], check=True
        )
    for command in (
        ["ingest", str(rollouts / "rollouts")],
        ["score", "--signals", "outcomes"],
        ["curate", str(recipe)],
    ):
        subprocess.run([sys.executable, "-m", "flows", *command, "--warehouse", str(root)], check=True)
    return root


def tokenise_sample(folder: Path, count: int) -> dict[str, float]:
    """Let TRL prepare the first rows of an export, with a tiny tokenizer of ours."""
    from datasets import load_dataset

    from tests.tiny_model import build_tokenizer, tokenise

    rows = load_dataset(str(folder), split=f"train[:{count}]", cache_dir=str(WORKPLACE / "datasets"))
    words = rows.select(range(min(TOKENIZER_ROWS, len(rows))))
    tokenizer = build_tokenizer([message["content"] or "" for row in words for message in row["messages"]])
    begin, cpu = time.perf_counter(), time.process_time()
    prepared = tokenise(rows, tokenizer, WORKPLACE / "tokenised")
    return {
        "rows": len(prepared),
        "s": time.perf_counter() - begin,
        "cpu_s": time.process_time() - cpu,
    }


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _print(road: str, rows: float, wall_s: float, cpu_s: float, peak_mib: float) -> None:
    figures = f"{rows:,.0f} | {wall_s:.1f} | {cpu_s:.1f} | {rows / cpu_s:,.0f} | {peak_mib:.0f}"
    sys.stdout.write(f"| {road} | {figures} |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
