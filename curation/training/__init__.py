"""Training views: which tokens of a kept trajectory carry loss, and how much, decided apart from the text.

Add a rule: a module here, and a line below.
"""

from curation.scene import Scene
from curation.training.advantage import Advantage
from curation.training.advantage_limits import ClipAdvantage, PositiveOnly
from curation.training.equal_weight import EqualWeight
from curation.training.loss_rule import LossRule
from curation.training.mask_beside import MaskAfter, MaskBefore
from curation.training.mask_failed_calls import MaskFailedCalls
from curation.training.mask_harmful_actions import MaskHarmfulActions
from curation.training.mask_malformed_calls import MaskMalformedCalls
from curation.training.mask_reasoning import MaskReasoning
from curation.training.mask_repeats import MaskRepeats
from curation.training.mask_secrets import MaskSecrets
from curation.training.mask_steps import MaskSteps
from curation.training.mask_text_matching import MaskTextMatching
from curation.training.pivot import Pivot
from curation.training.returns import Returns
from curation.training.train_only_last import TrainOnlyLast
from curation.training.train_synthetic import TrainSynthetic
from curation.training.weight import Weight

LOSS_RULES: dict[str, type[LossRule]] = {
    "mask_failed_calls": MaskFailedCalls,
    "mask_malformed_calls": MaskMalformedCalls,
    "mask_steps": MaskSteps,
    "mask_repeats": MaskRepeats,
    "mask_before": MaskBefore,
    "mask_after": MaskAfter,
    "mask_harmful_actions": MaskHarmfulActions,
    "mask_reasoning": MaskReasoning,
    "mask_text_matching": MaskTextMatching,
    "mask_secrets": MaskSecrets,
    "train_only_last": TrainOnlyLast,
    "train_synthetic": TrainSynthetic,
    "pivot": Pivot,
    "advantage": Advantage,
    "returns": Returns,
    "clip_advantage": ClipAdvantage,
    "positive_only": PositiveOnly,
    "weight": Weight,
    "equal_weight": EqualWeight,
}
"""All rules by name; a recipe's parameters are their constructors' arguments."""

__all__ = ["LOSS_RULES", "LossRule", "Scene"]
