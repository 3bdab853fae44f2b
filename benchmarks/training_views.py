"""What each masking rule takes from the trained tokens of real rollouts, and why; and what repair changes.

`python -m benchmarks.training_views WAREHOUSE`, of a warehouse into which real rollouts were ingested. Trained are, at
first, all words of the policy. Tokens are those of Qwen3's training template, by a byte-level BPE of 16,000 words that is
trained on each source's own texts; characters are those of words, reasoning, and names and arguments of calls.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from benchmarks.measure import machine
from benchmarks.repaired_views import HEADER, repaired_rows
from benchmarks.trained_tokens import TokenCounter, tokenizer_for
from curation.candidates import candidate_rows, compute_values
from curation.scene import Scene
from curation.signals import SIGNALS
from curation.training import LossRule
from curation.training.mask_beside import MaskAfter, MaskBefore
from curation.training.mask_failed_calls import MaskFailedCalls
from curation.training.mask_malformed_calls import MaskMalformedCalls
from curation.training.mask_repeats import MaskRepeats
from curation.training.mask_steps import MaskSteps
from curation.training.pivot import Pivot
from curation.training.trained_chars import trained_chars
from curation.training.view import View, train_labels, trains_anything
from flows.frames import read_frames
from warehouse import Warehouse

FORMATS = {
    "tau-bench airline": "tau_bench",
    "tau2": "tau2",
    "mini-swe-agent": "mini_swe_agent",
    "SWE-agent": "swe_agent",
}
MASKING = "step_masking, the recipe's four"
VIEWS: Mapping[str, tuple[LossRule, ...]] = {
    "no rule": (),
    "mask_failed_calls": (MaskFailedCalls(),),
    "mask_malformed_calls": (MaskMalformedCalls(),),
    "mask_repeats": (MaskRepeats(),),
    "mask_steps: is_error and not is_success": (MaskSteps(where="is_error and not is_success"),),
    "mask_before: divergence": (MaskBefore(place="divergence"),),
    "mask_after: divergence, include_place": (MaskAfter(place="divergence", include_place=True),),
    "pivot: nearest_success": (Pivot(pairs="nearest_success"),),
    MASKING: (
        MaskMalformedCalls(),
        MaskFailedCalls(),
        MaskRepeats(),
        MaskAfter(place="divergence", include_place=True),
    ),
}


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path)
    house = Warehouse(parser.parse_args().warehouse)
    whole = _scene(house)
    scenes = {source: _of_format(whole, name) for source, name in FORMATS.items()}
    counters = {source: TokenCounter(tokenizer_for(scene)) for source, scene in scenes.items()}
    print(f"{machine()}\n")
    _print_row(
        "source",
        "view",
        "turns masked",
        "with masked spans",
        "why",
        "turns trained",
        "characters",
        "tokens trained",
    )
    for source, scene in scenes.items():
        for row in _rows(scene, counters[source]):
            _print_row(source, *row)
    print()
    _print_row("source", *HEADER)
    for source, scene in scenes.items():
        for row in repaired_rows(scene, counters[source], VIEWS[MASKING], house.bucket_count):
            _print_row(source, *row)


def _print_row(*cells: str) -> None:
    print(f"| {' | '.join(cells)} |", flush=True)


def _of_format(scene: Scene, name: str) -> Scene:
    kept = scene.kept.filter(pl.col("source_format") == name)
    return Scene(frames=scene.frames, kept=kept, toolsets=scene.toolsets)


def _scene(house: Warehouse) -> Scene:
    frames = read_frames(house, list(range(house.bucket_count)))
    values = compute_values([SIGNALS["outcomes"], SIGNALS["advantages"]], frames)
    return Scene(frames=frames, kept=candidate_rows(frames, values), toolsets=house.store.read("toolsets"))


def _rows(scene: Scene, counter: TokenCounter) -> Iterator[tuple[str, ...]]:
    before = _labels(scene, ())
    all_chars, all_tokens = _chars(before, scene), counter.count(scene, before)
    for name, rules in VIEWS.items():
        after = _labels(scene, rules)
        masked = before.filter(trains_anything()).join(
            after.filter(~trains_anything()), on=["trajectory_id", "seq"], how="semi"
        )
        why = after.join(masked, on=["trajectory_id", "seq"], how="semi")["reason"].value_counts(sort=True)
        with_spans = after.filter(pl.col("spans").list.len() > 0).height
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in why.iter_rows())
        tokens = counter.count(scene, after)
        yield (
            f"`{name}`",
            f"{masked.height:,}",
            f"{with_spans:,}",
            reasons or "-",
            f"{after['is_trained'].sum():,}",
            f"{_chars(after, scene) / all_chars:.1%}",
            f"{tokens:,} ({tokens / all_tokens:.1%})",
        )


def _labels(scene: Scene, rules: tuple[LossRule, ...]) -> pl.DataFrame:
    return train_labels(View(name="view", rules=rules), scene)


def _chars(labels: pl.DataFrame, scene: Scene) -> int:
    return int(trained_chars(labels, scene.frames.messages)["trained_chars"].sum())


if __name__ == "__main__":
    main()
