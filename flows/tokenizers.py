"""Tokenizers from local folders, for formats that render conversations; nothing is downloaded."""

from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from schemas.errors import RecipeError
from schemas.identity import content_digest, digest
from schemas.training import Label, TrainingFormat
from schemas.training.tokens import FindingKind, TokenRenderer
from schemas.trajectory import Message, Origin, Role, ToolCall

PROBE_TOOLS = '[{"type":"function","function":{"name":"look","description":"","parameters":{"type":"object","properties":{}}}}]'
PROBE = (
    Message(seq=0, role=Role.USER, origin=Origin.SCRIPTED, text="Look."),
    Message(
        seq=1,
        role=Role.ASSISTANT,
        origin=Origin.SAMPLED,
        text="",
        tool_calls=(ToolCall(name="look", arguments="{}", call_id="callprobe", result_seq=2),),
    ),
    Message(
        seq=2,
        role=Role.TOOL,
        origin=Origin.INJECTED,
        text="ok",
        tool_call_id="callprobe",
        call_seq=1,
        name="look",
    ),
    Message(seq=3, role=Role.ASSISTANT, origin=Origin.SAMPLED, text="Done."),
)
"""What every template for agents can write."""
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "special_tokens_map.json",
)
"""Files of a tokenizer's folder that decide what it writes."""


def with_renderer(form: TrainingFormat[Any], *, where: str) -> TrainingFormat[Any]:
    """Load the tokenizer that a format names, if it is one that renders conversations.

    Raises:
        RecipeError: the folder or the template's file is not there, the tokenizer cannot be loaded, is not a fast one,
            or has no chat template.
    """
    if "renderer" not in {field.name for field in fields(form)}:
        return form
    options = {name: getattr(form, name) for name in ("history", "train_eos") if hasattr(form, name)}
    place = f"{where}: training format {form.name!r}"
    renderer = _renderer(
        str(getattr(form, "tokenizer", "")),
        getattr(form, "chat_template", None) or None,
        tuple(options.items()),
        place,
    )
    return form.bound(renderer=renderer)


def check_tools(form: TrainingFormat[Any], *, where: str) -> None:
    """Refuse a chat template that leaves tool calls out, on a conversation of one call.

    Raises:
        RecipeError: the call would be dropped, and with it what is trained.
    """
    renderer: TokenRenderer | None = getattr(form, "renderer", None)
    if renderer is None:
        return
    findings = renderer.render(PROBE, PROBE_TOOLS, {1: Label(is_trained=True, weight=1.0)}).findings
    if any(finding.kind in (FindingKind.CALL_DROPPED, FindingKind.TEMPLATE_REFUSED) for finding in findings):
        raise RecipeError(
            f"{where}: the chat template of {form.name!r} does not write tool calls, and there are rollouts with tools."
            "\n\nHint: give `chat_template`, a file with one that does"
        )


def resources_of(form: TrainingFormat[Any]) -> dict[str, str]:
    """Give the hash of each thing outside that a format's rows depend on: of its tokenizer and its template."""
    if "renderer" not in {field.name for field in fields(form)}:
        return {}
    folder = Path(str(getattr(form, "tokenizer", "")))
    files = [folder / name for name in TOKENIZER_FILES if (folder / name).is_file()]
    told = {"tokenizer": digest("tokenizer", *(part for file in files for part in (file.name, _hash(file))))}
    template = getattr(form, "chat_template", None)
    return told | ({"chat_template": _hash(Path(template))} if template else {})


def _hash(path: Path) -> str:
    return content_digest(path.read_bytes())


@lru_cache(maxsize=8)
def _renderer(
    folder: str, template: str | None, options: tuple[tuple[str, Any], ...], place: str
) -> TokenRenderer:
    if not Path(folder).is_dir():
        raise RecipeError(
            f"{place} names the tokenizer {folder!r}, which is no folder.\n\n"
            "Hint: save it there: `AutoTokenizer.from_pretrained(MODEL).save_pretrained(FOLDER)`"
        )
    if template is not None and not Path(template).is_file():
        raise RecipeError(f"{place} names the chat template {template!r}, which is no file.")
    tokenizer = _load(folder, place)
    text = None if template is None else Path(template).read_text(encoding="utf-8")
    if text is None and not getattr(tokenizer, "chat_template", None):
        raise RecipeError(
            f"{place}: the tokenizer {folder!r} has no chat template.\n\nHint: give `chat_template`, a file"
        )
    try:
        return TokenRenderer(tokenizer, text, **dict(options))
    except RecipeError as exc:
        raise RecipeError(f"{place}: {exc}") from exc


def _load(folder: str, place: str) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError as exc:
        raise RecipeError(
            f"{place} needs transformers.\n\nHint: pip install 'winnow-trajectories[models]'"
        ) from exc
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as exc:
        raise RecipeError(f"{place}: the tokenizer in {folder!r} cannot be loaded: {exc}") from exc
