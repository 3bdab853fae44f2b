"""Prove each training format by its trainer's own loader: `python -m tests.loaders.run [NAME ...]`.

Environments and inputs are kept under `.loaders/`; the first run installs, later ones take under a minute per trainer.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from schemas.training import Unsupported
from schemas.trajectory import Trajectory
from tests.loaders.environments import build_environment, checkout_variable
from tests.loaders.examples import (
    PER_SOURCE,
    labelled_samples,
    masked_examples,
    pick_trajectories,
    spanned_examples,
    step_pairs,
    tasks_of,
    whole_examples,
)
from tests.loaders.inputs import add_turns, write_export, write_tokenizers
from tests.loaders.proof import say

ROOT = Path(__file__).resolve().parents[2] / ".loaders"
Trajectories = Sequence[Trajectory]


def write_verl(folder: Path, trajectories: Trajectories) -> list[Path]:
    write_export(folder, "verl_rl", tasks_of(trajectories), title="tasks")
    return [*_views(folder, "verl_sft", trajectories), *_token_rows(folder, "verl_tokens", trajectories)]


def write_axolotl(folder: Path, trajectories: Trajectories) -> list[Path]:
    spans, qwen = spanned_examples(trajectories), str(folder / "tokenizers" / "qwen3")
    return [
        *_views(folder, "axolotl", trajectories),
        write_export(folder, "axolotl", spans, title="spans"),
        *_token_rows(folder, "tokens", trajectories),
        write_export(folder, "tokens", spans, title="tokens-spans", tokenizer=qwen),
    ]


def write_ms_swift(folder: Path, trajectories: Trajectories) -> list[Path]:
    write_export(folder, "ms_swift", whole_examples(trajectories, weight=0.5), title="weighted")
    return _views(folder, "ms_swift", trajectories)


def write_slime(folder: Path, trajectories: Trajectories) -> list[Path]:
    write_export(folder, "slime_rl", tasks_of(trajectories), title="tasks")
    masked = masked_examples(trajectories)
    return [
        *_views(folder, "slime_sft", trajectories),
        write_export(folder, "slime_sft", masked, title="objects", arguments="object"),
    ]


def write_llama_factory(folder: Path, trajectories: Trajectories) -> list[Path]:
    pairs = step_pairs(trajectories)
    write_export(folder, "llama_factory_ranking", pairs, title="pairs")
    write_export(folder, "llama_factory_kto", labelled_samples(pairs), title="samples")
    masked = masked_examples(trajectories)
    return [
        write_export(folder, "llama_factory", whole_examples(trajectories), title="all"),
        write_export(folder, "llama_factory", masked, title="split", unsupported=Unsupported.SPLIT),
    ]


def write_openrlhf(folder: Path, trajectories: Trajectories) -> list[Path]:
    pairs, masked = step_pairs(trajectories), masked_examples(trajectories)
    for path in _tokenizers(folder):
        write_export(folder, "openrlhf_preference", pairs, title=f"pairs-{path.name}", tokenizer=str(path))
    return [
        write_export(folder, "openrlhf_sft", masked, title=f"sft-{path.name}", tokenizer=str(path))
        for path in _tokenizers(folder)
    ]


def write_skyrl(folder: Path, trajectories: Trajectories) -> list[Path]:
    write_export(folder, "skyrl_rl", tasks_of(trajectories), title="tasks")
    whole = whole_examples(trajectories)
    mixed = [*masked_examples(trajectories), *whole[: PER_SOURCE // 2]]
    return [
        write_export(folder, "skyrl_sft", whole, title="all"),
        write_export(folder, "skyrl_sft", mixed, title="split", unsupported=Unsupported.SPLIT),
    ]


def write_prime_rl(folder: Path, trajectories: Trajectories) -> list[Path]:
    return [write_export(folder, "prime_rl_sft", whole_examples(trajectories), title="all")]


def write_nemo_rl(folder: Path, trajectories: Trajectories) -> list[Path]:
    whole = whole_examples(trajectories)
    write_export(folder, "nemo_rl_preference", step_pairs(trajectories), title="pairs")
    return [
        write_export(folder, "nemo_rl_sft", whole, title="all"),
        write_export(folder, "nemo_rl_sft", whole, title="objects", arguments="object"),
    ]


WRITERS: dict[str, Callable[[Path, Trajectories], list[Path]]] = {
    "verl": write_verl,
    "axolotl": write_axolotl,
    "llama-factory": write_llama_factory,
    "ms-swift": write_ms_swift,
    "slime": write_slime,
    "openrlhf": write_openrlhf,
    "skyrl": write_skyrl,
    "prime-rl": write_prime_rl,
    "nemo-rl": write_nemo_rl,
}
"""By trainer: what writes its exports."""


def _tokenizers(folder: Path) -> list[Path]:
    return sorted((folder / "tokenizers").iterdir())


def _views(folder: Path, name: str, trajectories: Trajectories) -> list[Path]:
    return [
        write_export(folder, name, whole_examples(trajectories), title="all"),
        write_export(folder, name, masked_examples(trajectories), title="masked"),
    ]


def _token_rows(folder: Path, name: str, trajectories: Trajectories) -> list[Path]:
    masked = masked_examples(trajectories)
    return [
        write_export(folder, name, masked, title=f"tokens-{path.name}", tokenizer=str(path))
        for path in _tokenizers(folder)
    ]


def prove(name: str, trajectories: Trajectories) -> bool:
    """Write the exports of one trainer and run its proof; tell whether it held."""
    folder = ROOT / "inputs" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tokenizers = write_tokenizers(folder, trajectories)
    for export in WRITERS[name](folder, trajectories):
        add_turns(export, tokenizers)
    python = build_environment(ROOT, name)
    script = Path(__file__).with_name(f"prove_{name.replace('-', '_')}.py")
    done = subprocess.run([python, "-W", "ignore", script, folder], env=_environment(folder), check=False)
    return done.returncode == 0


def _environment(folder: Path) -> dict[str, Any]:
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "home")}
    return os.environ | offline | {"DISABLE_VERSION_CHECK": "1", "TOKENIZERS_PARALLELISM": "false"}


def main(names: Sequence[str]) -> int:
    """Prove all trainers or those named; print a table."""
    unknown = sorted(set(names) - set(WRITERS))
    if unknown:
        say(f"Unknown trainer {unknown[0]!r}. Known: {', '.join(sorted(WRITERS))}")
        return 2
    ROOT.mkdir(exist_ok=True)
    (ROOT / ".gitignore").write_text("*\n", encoding="utf-8")
    trajectories = pick_trajectories()
    results = []
    for name in names or WRITERS:
        began = monotonic()
        say(f"\n== {name}: {len(trajectories)} trajectories")
        try:
            held = "proven" if prove(name, trajectories) else "MISSED"
        except subprocess.CalledProcessError:
            held = "did not run"
            say(
                f"{name} could not be installed; {checkout_variable(name)}=FOLDER gives a checkout of its repository"
            )
        results.append((name, held, monotonic() - began))
    say("\n" + "\n".join(f"{name:15} {held:20} {took:6.1f} s" for name, held, took in results))
    return 0 if all(held == "proven" for _, held, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
