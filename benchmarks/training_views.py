"""What each masking rule takes from the trained words of real rollouts, and why.

`python -m benchmarks.training_views WAREHOUSE`, of a warehouse into which real rollouts were ingested. Trained are, at
first, all words of the policy. Characters are those of words, reasoning, and names and arguments of calls.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from benchmarks.measure import machine
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
VIEWS: Mapping[str, tuple[LossRule, ...]] = {
    "no rule": (),
    "mask_failed_calls": (MaskFailedCalls(),),
    "mask_malformed_calls": (MaskMalformedCalls(),),
    "mask_repeats": (MaskRepeats(),),
    "mask_steps: is_error and not is_success": (MaskSteps(where="is_error and not is_success"),),
    "mask_before: divergence": (MaskBefore(place="divergence"),),
    "mask_after: divergence, include_place": (MaskAfter(place="divergence", include_place=True),),
    "pivot: nearest_success": (Pivot(pairs="nearest_success"),),
    "step_masking, the recipe's four": (
        MaskMalformedCalls(),
        MaskFailedCalls(),
        MaskRepeats(),
        MaskAfter(place="divergence", include_place=True),
    ),
}


def main() -> None:
    """Print one table per source."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path)
    scene = _scene(Warehouse(parser.parse_args().warehouse))
    print(f"{machine()}\n")
    print("| source | view | turns masked | with masked spans | why | turns trained | characters trained |")
    print("|---|---|---|---|---|---|---|")
    for source, name in FORMATS.items():
        of_source = scene.kept.filter(pl.col("source_format") == name)
        for row in _rows(source, Scene(frames=scene.frames, kept=of_source, toolsets=scene.toolsets)):
            print(f"| {' | '.join(row)} |")


def _scene(house: Warehouse) -> Scene:
    frames = read_frames(house, list(range(house.bucket_count)))
    values = compute_values([SIGNALS["outcomes"], SIGNALS["advantages"]], frames)
    return Scene(frames=frames, kept=candidate_rows(frames, values), toolsets=house.store.read("toolsets"))


def _rows(source: str, scene: Scene) -> Iterator[tuple[str, ...]]:
    before = _labels(scene, ())
    all_chars = _chars(before, scene)
    for name, rules in VIEWS.items():
        after = _labels(scene, rules)
        masked = before.filter(trains_anything()).join(
            after.filter(~trains_anything()), on=["trajectory_id", "seq"], how="semi"
        )
        why = after.join(masked, on=["trajectory_id", "seq"], how="semi")["reason"].value_counts(sort=True)
        with_spans = after.filter(pl.col("spans").list.len() > 0).height
        trained, chars = after["is_trained"].sum(), _chars(after, scene)
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in why.iter_rows())
        share = f"{chars:,} ({chars / all_chars:.1%})"
        yield (
            source,
            f"`{name}`",
            f"{masked.height:,}",
            f"{with_spans:,}",
            reasons or "-",
            f"{trained:,}",
            share,
        )


def _labels(scene: Scene, rules: tuple[LossRule, ...]) -> pl.DataFrame:
    return train_labels(View(name="view", rules=rules), scene)


def _chars(labels: pl.DataFrame, scene: Scene) -> int:
    return int(trained_chars(labels, scene.frames.messages)["trained_chars"].sum())


if __name__ == "__main__":
    main()
