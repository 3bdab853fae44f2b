"""Mask characters that a detector takes for a secret or for personal data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from curation.scene import Scene
from curation.training.labels import mask_spans
from curation.training.loss_rule import LossRule
from schemas.errors import RecipeError, UnknownNameError
from schemas.reasons import TrainReason

if TYPE_CHECKING:
    from curation.privacy import Detector

EVERY_KIND = "all"
UNUSED_KEY = b"masks keep no digests"
PARTS = {"text": "text", "reasoning": "reasoning", "arguments": "call"}
"""Fields of a find that a span can name, and the part that each is."""


@dataclass(frozen=True, kw_only=True)
class MaskSecrets(LossRule):
    """Masks the characters of secrets and personal data in what the policy says, thinks and calls.

    Ours. Found by the detectors of `winnow scan`, in the words as they are now: no scan has to have run, and repairs are
    read too. What was found stays in the context; to take it out there, redact the export.
    """

    name: ClassVar[str] = "mask_secrets"

    kinds: tuple[str, ...] = ("credential",)
    """Kinds (`github_token`, `email`), families (`credential`, `personal`), or `all`."""

    def __post_init__(self) -> None:
        """Refuse what no detector finds.

        Raises:
            UnknownNameError: no such kind or family.
            RecipeError: there is nothing to look for.
        """
        if not self.kinds:
            raise RecipeError("`kinds` must name at least one kind or family of secrets, or `all`.")
        from curation.privacy import DETECTORS  # its libraries are slow to load

        known = {EVERY_KIND, *DETECTORS, *(detector.family for detector in DETECTORS.values())}
        unknown = next((name for name in self.kinds if name not in known), None)
        if unknown is not None:
            raise UnknownNameError.from_name("kind of secret", unknown, known)

    def apply(self, labels: pl.DataFrame, scene: Scene) -> pl.DataFrame:
        """Find them in what may be trained, and mask them."""
        from curation.privacy import scan_messages

        candidates = labels.filter("may_train")
        own = scene.frames.messages.join(candidates, on=["trajectory_id", "seq"], how="semi")
        found = scan_messages(own, digest_key=UNUSED_KEY, detectors=self._detectors())
        spans = found.filter(pl.col("field").is_in(list(PARTS))).select(
            "trajectory_id",
            "seq",
            part=pl.col("field").replace_strict(PARTS, return_dtype=pl.String),
            call="call_index",
            begin="start_char",
            end="end_char",
        )
        return mask_spans(labels, spans, TrainReason.PRIVATE_TEXT_MASKED)

    def _detectors(self) -> Mapping[str, "Detector"]:
        from curation.privacy import DETECTORS

        return {
            kind: detector
            for kind, detector in DETECTORS.items()
            if {EVERY_KIND, kind, detector.family} & set(self.kinds)
        }
