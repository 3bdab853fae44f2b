"""Which fields that a NeMo Gym environment adds to a rollout may be seen, which are verdicts, and which are private.

Each environment's verifier returns what it likes beside the reward, so the names decide. They were read in the 37
environments and agents of the example rollouts. **A name that is not listed is private**: it may quote the gold.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from schemas.rollouts.parts.content_parts import OBJECT
from schemas.rollouts.parts.fields import json_text
from schemas.trajectory import Score, ScoreSource

GOLD = re.compile(
    r"answer|ground_truth|solution|rubrics?|target(_answer|_output|_text|_value)?|(expected|gold|reference|ref)_\w+|repro_test_info_base64"
)
"""What the rollout should have said: the same for all rollouts of a task."""

VERDICT = re.compile(
    r"(reward|omniscience)_\w+|\w+_(reward|score|passed|rating|exit_code)|is_(correct|incorrect|abstain)"
    r"|accuracy|correctness|correct|resolved|hit|format|schema_valid|partial|f1|wer|wer_c|wer_pc|per|comet_qe"
    r"|lang_fidelity|total_seg|misaligned_seg|set_overlap|(f2p|p2p)(_total|_passed)?|apply_failed|parse_failed"
    r"|evaluation_completed|invalid_judge_response|num_(correct|predicted|expected)|tool_call_seen"
    r"|final_response_mentions_weather|original_term_minefield_hit|order_instruction_following_failure"
)
"""What the verifier found: a number, a flag, or an object of such; anything else of these names is private."""

PUBLIC = re.compile(
    # what the task is called, and what the policy is told anyway
    r"_ng_\w+|(\w+_)?id|uuid|split|subset|dataset|category|\w+_category|problem_type|question|domain_name|profile"
    r"|policy|tools|\w+_language|data_source_(filenames|urls)|input_tokens(_band)?|n_tokens|prompt_chars|seed"
    # what the policy answered, as the verifier read it
    r"|extracted_answer|generation|pred_text|hyp_\w+|model_(output|patch|patch_sha256|patch_bytes)"
    r"|parsed_(option|output|synonym_values)|predicted_(calls|nodes)|clicked_[xy]"
    # how the run went; a reward is left here only when it does not count
    r"|reward|terminated|truncated|info|verdict|failure_reason|failure_labels|trajectory_invalid_reasons|terminal_state"
    r"|instance_config|finished_naturally|turns_used|num_\w+|transferred|\w+_time(_s|_taken)?|verification_time"
    r"|image|log_dir|sandbox_handle|opencode_\w+|verifier_error|threshold|evaluation_type|review_mode|save_dir"
    r"|verbose_logs|audio_\w+|auto_review|user_voice_settings|source_artifacts"
)
"""What may stand in a trajectory's `extra`."""

NUMBER: msgspec.json.Decoder[float | bool] = msgspec.json.Decoder(float | bool)
NUMBERS: msgspec.json.Decoder[dict[str, float | bool]] = msgspec.json.Decoder(dict[str, float | bool])


class Sorted(NamedTuple):
    """The added fields of one rollout by who may see them; each a JSON object, or null when there is none."""

    gold: str | None
    private: str | None
    public: str | None
    scores: tuple[Score, ...]


def sort_fields(row: str | None) -> Sorted:
    """Sort the fields of a JSON object that nobody has taken.

    Gold comes first, so `expected_score` is gold. A null says nothing and is public.
    """
    kinds: dict[str, dict[str, msgspec.Raw]] = {"gold": {}, "private": {}, "public": {}}
    scores: list[Score] = []
    for name, raw in OBJECT.decode(row or "{}").items():
        found = [] if GOLD.fullmatch(name) else list(_scores(name, raw))
        scores += found
        if not found:
            kinds[_kind(name, bytes(raw))][name] = raw
    gold, private, public = (json_text(held) if held else None for held in kinds.values())
    return Sorted(gold, private, public, tuple(scores))


def _kind(name: str, raw: bytes) -> str:
    if raw == b"null":
        return "public"
    if GOLD.fullmatch(name):
        return "gold"
    return "public" if PUBLIC.fullmatch(name) else "private"


def _scores(name: str, raw: msgspec.Raw) -> Iterator[Score]:
    """Read a field as verdicts; of an object each entry is one (`reward_components.format`)."""
    if not VERDICT.fullmatch(name):
        return
    try:
        found = NUMBERS.decode(raw) if bytes(raw).startswith(b"{") else {"": NUMBER.decode(raw)}
    except msgspec.ValidationError:
        return
    for part, value in found.items():
        yield Score(name=f"{name}.{part}" if part else name, value=float(value), source=ScoreSource.VERIFIER)
