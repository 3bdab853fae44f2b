"""Redact what leaves: every string of the rows that an export writes, right before it is written.

The rows themselves are scanned, not the messages behind them, so nothing that a training format writes is left out:
tool schemas, names, repaired and copied messages, and what only a future format will write.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from schemas.errors import UnknownNameError
from schemas.training.format import Row

if TYPE_CHECKING:
    from curation.privacy import Detector, Span

EVERY_KIND = "all"
JSON_STARTS = ("{", "[")
"""How a string begins that must stay JSON where it is JSON."""
UNUSED_KEY = b"redaction keeps no digests"


class Redaction:
    """What to redact, and how often it was there so far.

    Attributes:
        counts: replaced spans by kind; 0 for a kind that did not occur.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Choose by kinds, families or `all`.

        Raises:
            UnknownNameError: there is no such kind or family.
        """
        self._detectors = chosen_detectors(names)
        self.counts = Counter(dict.fromkeys(self._detectors, 0))

    @property
    def versions(self) -> dict[str, str]:
        """Who finds each kind, with the version."""
        return {kind: f"{detector.rule} {detector.version}" for kind, detector in self._detectors.items()}

    @property
    def is_asked_for(self) -> bool:
        """Tell whether anything is looked for."""
        return bool(self._detectors)

    def redact(self, rows: list[Row]) -> list[Row]:
        """Put placeholders into rows, keys of their objects included."""
        if not self._detectors:
            return rows
        held = Counter(text for row in rows for text in _strings(row))
        texts = list(held)
        redacted: dict[str, str] = {}
        for index, spans in self._find(texts).items():
            text = texts[index]
            redacted[text] = _redacted(text, spans)
            for span in spans:
                self.counts[span.kind] += held[text]
        return [_replaced(row, redacted) for row in rows]

    def _find(self, texts: Sequence[str]) -> dict[int, list["Span"]]:
        """Scan texts as if each were a message."""
        from curation.privacy import Span, scan_messages

        found: dict[int, list[Span]] = defaultdict(list)
        spans = scan_messages(_as_messages(texts), digest_key=UNUSED_KEY, detectors=self._detectors)
        for index, *span in spans.select("seq", "start_char", "end_char", "kind").iter_rows():
            found[index].append(Span(*span))
        return found


def chosen_detectors(names: Iterable[str], *, where: str = "") -> Mapping[str, "Detector"]:
    """Find the detectors that kinds, families or `all` name; their libraries are not loaded for none.

    Args:
        names: what the user wrote.
        where: what to call the place where it stands in messages.

    Raises:
        UnknownNameError: there is no such kind or family.
    """
    wanted = set(names)
    if not wanted:
        return {}
    from curation.privacy import DETECTORS

    families = {detector.family for detector in DETECTORS.values()}
    known = {EVERY_KIND, *families, *DETECTORS}
    for name in sorted(wanted - known):
        raise UnknownNameError.from_name("redaction", name, known, where=where)
    return {
        kind: detector for kind, detector in DETECTORS.items() if wanted & {EVERY_KIND, detector.family, kind}
    }


def _as_messages(texts: Sequence[str]) -> pl.DataFrame:
    """Make one message of each text; `seq` is its index."""
    call = pl.Struct({"arguments": pl.String, "extra": pl.String})
    unsaid = {name: pl.lit(None, pl.String) for name in ("reasoning", "content_json", "extra")}
    return pl.DataFrame({"text": texts}, schema={"text": pl.String}).with_columns(
        trajectory_id=pl.lit(""),
        bucket=pl.lit(0),
        seq=pl.int_range(pl.len()),
        tool_calls=pl.lit(None, pl.List(call)),
        **unsaid,
    )


def _redacted(text: str, spans: Sequence["Span"]) -> str:
    from curation.privacy import redact_json, redact_text

    return (redact_json if text.lstrip().startswith(JSON_STARTS) else redact_text)(text, spans)


def _strings(value: Any) -> Iterator[str]:
    """Give every string in a value, whatever holds it; JSON that is written as it stands is one string."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, msgspec.Raw):
        yield bytes(value).decode()
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _strings(inner)


def _replaced(value: Any, redacted: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return redacted.get(value, value)
    if isinstance(value, msgspec.Raw):
        text = bytes(value).decode()
        return msgspec.Raw(redacted[text].encode()) if text in redacted else value
    if isinstance(value, Mapping):
        return {redacted.get(key, key): _replaced(inner, redacted) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(inner, redacted) for inner in value]
    return value
