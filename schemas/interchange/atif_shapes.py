"""What ATIF v1.8 allows at each place beside the fields that columns hold: unknown fields are forbidden everywhere.

Read against harbor 0.25.0 (`models/trajectories`) and the validator `atif` 1.8.0. A field of an `extra` goes back to
its place in a document only when it has the name and the type that these shapes give.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from schemas.interchange.json_pieces import fields_of
from schemas.rollouts.harbor.atif import MINOR_VERSIONS
from schemas.rollouts.parts.fields import COUNT

AnyObject = dict[str, Any]


class AgentLeft(msgspec.Struct, forbid_unknown_fields=True):
    """What is left of `agent`."""

    version: str = ""
    extra: AnyObject | None = None


class FinalMetricsLeft(msgspec.Struct, forbid_unknown_fields=True):
    """What is left of `final_metrics`."""

    total_cached_tokens: int | None = None
    total_steps: int | None = None
    extra: AnyObject | None = None


class MetricsLeft(msgspec.Struct, forbid_unknown_fields=True):
    """What is left of a step's `metrics`."""

    cached_tokens: int | None = None
    cost_usd: float | None = None
    prompt_token_ids: list[int] | None = None
    completion_token_ids: list[int] | None = None
    logprobs: list[float] | None = None
    extra: AnyObject | None = None


class SubagentRef(msgspec.Struct, forbid_unknown_fields=True):
    """Where a subagent's session is; one of the first two is needed."""

    trajectory_id: str | None = None
    trajectory_path: str | None = None
    session_id: str | None = None
    extra: AnyObject | None = None

    def __post_init__(self) -> None:
        if self.trajectory_id is None and self.trajectory_path is None:
            raise ValueError("A reference needs `trajectory_id` or `trajectory_path`.")


class Image(msgspec.Struct, forbid_unknown_fields=True):
    """Where an image lies."""

    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    path: str


class Audio(msgspec.Struct, forbid_unknown_fields=True):
    """Where a sound lies."""

    media_type: Literal[
        "audio/wav", "audio/mpeg", "audio/mp4", "audio/aac",
        "audio/ogg", "audio/flac", "audio/webm", "audio/aiff",
    ]  # fmt: skip
    path: str
    duration_sec: Annotated[float, msgspec.Meta(ge=0)] | None = None


class TextPart(msgspec.Struct, forbid_unknown_fields=True, tag_field="type", tag="text"):
    """Words."""

    text: str
    source: None = None


class ImagePart(msgspec.Struct, forbid_unknown_fields=True, tag_field="type", tag="image"):
    """An image."""

    source: Image
    text: None = None


class AudioPart(msgspec.Struct, forbid_unknown_fields=True, tag_field="type", tag="audio"):
    """A sound."""

    source: Audio
    text: None = None


Decoders = dict[str, msgspec.json.Decoder[Any]]

WORDS = msgspec.json.Decoder(str | None)
OBJECT = msgspec.json.Decoder(AnyObject)
PARTS = msgspec.json.Decoder(list[TextPart | ImagePart | AudioPart])
TOOLS = msgspec.json.Decoder(list[AnyObject])
VERSION: msgspec.json.Decoder[str] = msgspec.json.Decoder(
    Annotated[str, msgspec.Meta(pattern=rf"^ATIF-v1\.({'|'.join(map(str, MINOR_VERSIONS))})$")]
)

DOCUMENT: Decoders = {
    "schema_version": VERSION,
    "session_id": WORDS,
    "trajectory_id": WORDS,
    "agent": msgspec.json.Decoder(AgentLeft),
    "notes": WORDS,
    "final_metrics": msgspec.json.Decoder(FinalMetricsLeft),
    "continued_trajectory_ref": WORDS,
    "extra": OBJECT,
}
STEP: Decoders = {"timestamp": WORDS, "llm_call_count": COUNT, "extra": OBJECT}
AGENT_STEP: Decoders = STEP | {
    "model_name": WORDS,
    "reasoning_effort": msgspec.json.Decoder(str | float | None),
    "metrics": msgspec.json.Decoder(MetricsLeft),
}
CALL: Decoders = {"arguments": OBJECT, "extra": OBJECT}
RESULT: Decoders = {
    "subagent_trajectory_ref": msgspec.json.Decoder(list[SubagentRef] | None),
    "extra": OBJECT,
}


def fitting_fields(extra: str | None, shapes: Decoders) -> dict[str, msgspec.Raw]:
    """Give the fields of an `extra` that have a place of their own in ATIF, in their order."""
    found = {
        name: raw
        for name, raw in fields_of(extra).items()
        if name in shapes and fits(shapes[name], bytes(raw).decode())
    }
    return {name: raw for name, raw in found.items() if name != "timestamp" or _is_time(bytes(raw))}


def fits(shape: msgspec.json.Decoder[Any], text: str) -> bool:
    """Tell whether JSON text has a shape."""
    try:
        shape.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _is_time(raw: bytes) -> bool:
    try:
        datetime.fromisoformat(WORDS.decode(raw))
    except (ValueError, TypeError):
        return raw == b"null"
    return True
