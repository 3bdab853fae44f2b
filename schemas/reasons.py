"""Stable reason codes: data that people query, so a code is never reworded and never reused.

Each is snake_case and unique over all families (a test asserts it). Add at the end of a family.
"""

from enum import StrEnum


class RejectReason(StrEnum):
    """Why a raw record did not become trajectories."""

    EMPTY_FILE = "empty_file"
    UNREADABLE_CONTAINER = "unreadable_container"
    UNKNOWN_FORMAT = "unknown_format"
    INVALID_JSON = "invalid_json"
    TRUNCATED_JSON = "truncated_json"
    INVALID_ENCODING = "invalid_encoding"
    UNEXPECTED_SHAPE = "unexpected_shape"
    MISSING_FIELD = "missing_field"
    REPEATED_FIELD = "repeated_field"
    EMPTY_CONVERSATION = "empty_conversation"
    NOT_FINITE_NUMBER = "not_finite_number"
    UNSUPPORTED_VERSION = "unsupported_version"
    BINARY_CONTENT = "binary_content"
    RECORD_TOO_LARGE = "record_too_large"
    UNSAFE_ARCHIVE = "unsafe_archive"
    MISSING_DEPENDENCY = "missing_dependency"
    PYTHON_PICKLE = "python_pickle"
    PLACEHOLDER = "placeholder"
    DECODER_FAULT = "decoder_fault"
    FILE_NOT_READ = "file_not_read"
    UNSUPPORTED_PACKING = "unsupported_packing"
    TABLE_NOT_RECOGNISED = "table_not_recognised"
    TABLE_ROW_BROKEN = "table_row_broken"


SUGGESTIONS = {
    RejectReason.EMPTY_FILE: "Look whether the writer was killed; if the file should be empty, leave it out.",
    RejectReason.UNREADABLE_CONTAINER: "Copy the file again: the archive or compressed stream is broken or cut off.",
    RejectReason.UNKNOWN_FORMAT: "`winnow formats` lists what is read; for other JSON write a mapping: "
    "`winnow ingest FILE --suggest-mapping`.",
    RejectReason.INVALID_JSON: "Look at the bytes near the place named; files that hold no rollouts (notes, a log) can be left out by a glob.",
    RejectReason.TRUNCATED_JSON: "The writer was cut off or is still writing; ingest again when it is done.",
    RejectReason.INVALID_ENCODING: "Convert the file to UTF-8: `iconv -f UTF-16 -t UTF-8`, or `-f` what it is written "
    "in.",
    RejectReason.UNEXPECTED_SHAPE: "A field is not what the format promises; check the writer's version, or name the "
    "format with --format.",
    RejectReason.MISSING_FIELD: "A field that the format needs is not there; check the writer's version.",
    RejectReason.REPEATED_FIELD: "Only its writer can tell which of the two values holds: take the other one out.",
    RejectReason.EMPTY_CONVERSATION: "There is nothing to keep: the rollout ended before its first message.",
    RejectReason.NOT_FINITE_NUMBER: "Write null where there is no number: JSON has no NaN and no infinity.",
    RejectReason.UNSUPPORTED_VERSION: "Convert the file to a version that is read, or ask for this one to be added.",
    RejectReason.BINARY_CONTENT: "This is no text; leave such files out, or name the ones to ingest by a glob.",
    RejectReason.RECORD_TOO_LARGE: "Its bytes are kept in the warehouse's folder `oversized`; split the record.",
    RejectReason.UNSAFE_ARCHIVE: "Unpack the archive yourself if you trust it, and ingest the folder.",
    RejectReason.MISSING_DEPENDENCY: "Install the optional package that the detail names, and ingest again.",
    RejectReason.PYTHON_PICKLE: "Pickles run code when loaded and are never read; export the data as JSON or Parquet.",
    RejectReason.PLACEHOLDER: "The row was a stand-in; nothing is missing.",
    RejectReason.DECODER_FAULT: "This is a fault of Winnow: please report it. The bytes are kept; ingest again after an "
    "update.",
    RejectReason.FILE_NOT_READ: "The detail is the system's own: look where a link leads, at the rights and at the "
    "disk, and ingest again.",
    RejectReason.UNSUPPORTED_PACKING: "Unpack it yourself (`unxz`, `gunzip`, `unzip` and its password) and ingest what "
    "comes out; gzip, zstd and bzip2 are read, one layer deep.",
    RejectReason.TABLE_NOT_RECOGNISED: "Labels are read from tables with commas and a header: a column for whom they "
    "judge (`task_id`, `run`, `trial` ...) and one for what they say (`reward`, `resolved`, `score` ...).",
    RejectReason.TABLE_ROW_BROKEN: "Mend the row's commas or quotes and ingest the table again; its other rows count "
    "already.",
}
"""What the owner of the data can do about each refusal."""


class DecisionReason(StrEnum):
    """Why a recipe kept, dropped or replaced a trajectory. Each belongs to one kind of rule."""

    PASSED_ALL_RULES = "passed_all_rules"
    NOT_MATCHED_BY_READ = "not_matched_by_read"
    REPAIRED_INTO_CHILD = "repaired_into_child"
    BELOW_REWARD_FLOOR = "below_reward_floor"
    OUTCOME_UNKNOWN = "outcome_unknown"
    INFRASTRUCTURE_FAULT = "infrastructure_fault"
    EXACT_DUPLICATE = "exact_duplicate"
    BELOW_TOP_K = "below_top_k"
    NO_TRAINABLE_MESSAGE = "no_trainable_message"
    NOT_MATCHED_BY_FILTER = "not_matched_by_filter"
    NOT_MATCHED_BY_GROUP_FILTER = "not_matched_by_group_filter"
    GROUP_OUTCOME_UNKNOWN = "group_outcome_unknown"
    NOT_PICKED = "not_picked"
    OVER_CAP = "over_cap"
    BEHAVIOURS_MISSING = "behaviours_missing"
    BEHAVIOURS_UNKNOWN = "behaviours_unknown"
    TIER_NOT_ALLOWED = "tier_not_allowed"
    TIER_UNKNOWN = "tier_unknown"
    BELOW_STRATEGY_GATE = "below_strategy_gate"
    STRATEGY_UNKNOWN = "strategy_unknown"
    OVER_BUDGET = "over_budget"
    OUTSIDE_DIFFICULTY_BAND = "outside_difficulty_band"
    DIFFICULTY_UNKNOWN = "difficulty_unknown"
    TASK_NOT_CHOSEN = "task_not_chosen"
    TASK_UNMEASURED = "task_unmeasured"
    NOT_TRIAGED = "not_triaged"
    NEAR_DUPLICATE = "near_duplicate"
    NOT_CHOSEN_AS_CENTER = "not_chosen_as_center"
    NOT_CHOSEN_FOR_COVERAGE = "not_chosen_for_coverage"
    CONTAMINATED_BY_BENCHMARK = "contaminated_by_benchmark"
    TASK_OF_BENCHMARK = "task_of_benchmark"
    REPAIR_NOT_VALID = "repair_not_valid"
    REPAIR_NOT_COMPARABLE = "repair_not_comparable"
    WORSE_THAN_PARENT = "worse_than_parent"
    NOT_BETTER_THAN_PARENT = "not_better_than_parent"
    DOMINATED_BY_OTHER_REPAIR = "dominated_by_other_repair"
    LICENCE_NOT_ALLOWED = "licence_not_allowed"
    LICENCE_UNKNOWN = "licence_unknown"


class TrainReason(StrEnum):
    """Why one message of a training view is trained or is context only."""

    SAMPLED_BY_POLICY = "sampled_by_policy"
    REPAIRED_BY_RECIPE = "repaired_by_recipe"
    NOT_ASSISTANT = "not_assistant"
    NOT_SAMPLED = "not_sampled"
    CALL_FAILED = "call_failed"
    CALL_MALFORMED = "call_malformed"
    STEP_MATCHED_MASK = "step_matched_mask"
    ACTION_REPEATED = "action_repeated"
    BEFORE_CHOSEN_PLACE = "before_chosen_place"
    AFTER_CHOSEN_PLACE = "after_chosen_place"
    REASONING_MASKED = "reasoning_masked"
    TEXT_MATCHED_MASK = "text_matched_mask"
    NOT_AMONG_LAST = "not_among_last"
    SYNTHETIC_CHOSEN = "synthetic_chosen"
    ACTION_HARMFUL = "action_harmful"
    RESTART_FAILED = "restart_failed"
    SHARED_WITH_PARTNER = "shared_with_partner"
    ADVANTAGE_RECOMPUTED = "advantage_recomputed"
    ADVANTAGE_CLIPPED = "advantage_clipped"
    ADVANTAGE_NOT_POSITIVE = "advantage_not_positive"
    ADVANTAGE_UNKNOWN = "advantage_unknown"
    WEIGHT_CHANGED = "weight_changed"
    PRIVATE_TEXT_MASKED = "private_text_masked"


class CorruptionReason(StrEnum):
    """Why a corruption made nothing of a trajectory."""

    NO_FITTING_STEP = "no_fitting_step"
    NO_FITTING_WORDS = "no_fitting_words"
    NO_OTHER_VALUE = "no_other_value"
    NO_OTHER_TASK = "no_other_task"
    ALREADY_CORRUPTED = "already_corrupted"
    SHARED_START_MISSING = "shared_start_missing"
    OVER_CHILD_LIMIT = "over_child_limit"


class FailedCallReason(StrEnum):
    """Why `drop_failed_calls` left a failed call where it was."""

    FAILED_CALL_NOT_OWN = "failed_call_not_own"
    FAILED_RESULT_APART = "failed_result_apart"
    FAILURE_MAY_HAVE_CHANGED = "failure_may_have_changed"
    FAILURE_SPOKEN_OF = "failure_spoken_of"
    FAILURE_TAUGHT = "failure_taught"
    FAILURE_BEFORE_USER = "failure_before_user"
    FAILED_CALL_IN_TEXT = "failed_call_in_text"
    FAILED_TURN_IN_PARTS = "failed_turn_in_parts"
    FAILED_TURN_WAS_ALL = "failed_turn_was_all"
