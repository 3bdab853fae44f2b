"""Write rollouts from the command line: `python -m simulation --out DIR`."""

from __future__ import annotations

import argparse
from pathlib import Path

from simulation.agents import SKILLS
from simulation.generate import generate
from simulation.rendering import RENDERINGS
from simulation.writers import FORMATS


def main() -> None:
    """Read the arguments, write the rollouts, and print what was written."""
    options = _parser().parse_args()
    skills = options.skills.split(",") if options.skills else None
    try:
        summary = generate(
            options.out,
            tasks=options.tasks,
            trials=options.trials,
            seed=options.seed,
            format=options.format,
            rendering=options.rendering,
            skills=skills,
            processes=options.processes,
        )
    except (ValueError, FileExistsError) as error:
        raise SystemExit(f"{error}") from error
    rate = summary.success_count / summary.rollout_count
    print(f"{summary.rollout_count} rollouts, {summary.byte_count / 1e6:.1f} MB, in {summary.rollouts}")
    print(f"success {rate:.3f}, skills {summary.skill_counts}, truth in {summary.truth}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulation", description="Write rollouts with known truth."
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--tasks", type=int, default=50, help="number of tasks (default 50)")
    parser.add_argument("--trials", type=int, default=8, help="rollouts per task (default 8)")
    parser.add_argument("--seed", type=int, default=0, help="any integer (default 0)")
    parser.add_argument("--format", choices=sorted(FORMATS), default="openai_chat")
    parser.add_argument("--rendering", choices=sorted(RENDERINGS), default="verbose")
    parser.add_argument("--skills", help=f"comma-separated, from: {', '.join(SKILLS)} (default: all)")
    parser.add_argument("--processes", type=int, default=1, help="worker processes (default 1)")
    return parser


if __name__ == "__main__":
    main()
