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
    EMPTY_CONVERSATION = "empty_conversation"
    NOT_FINITE_NUMBER = "not_finite_number"
    UNSUPPORTED_VERSION = "unsupported_version"
    BINARY_CONTENT = "binary_content"
    RECORD_TOO_LARGE = "record_too_large"
    UNSAFE_ARCHIVE = "unsafe_archive"
    MISSING_DEPENDENCY = "missing_dependency"
    PYTHON_PICKLE = "python_pickle"
    PLACEHOLDER = "placeholder"


class DecisionReason(StrEnum):
    """Why a recipe kept, dropped or replaced a trajectory. Each belongs to exactly one rule."""

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


class TrainReason(StrEnum):
    """Why one message of a training view is trained or is context only."""

    SAMPLED_BY_POLICY = "sampled_by_policy"
    REPAIRED_BY_RECIPE = "repaired_by_recipe"
    NOT_ASSISTANT = "not_assistant"
    NOT_SAMPLED = "not_sampled"
