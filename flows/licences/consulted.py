"""Files that are read for their licence: kept with their bytes, and no refusal, for nobody took them for rollouts.

Told by their names (`documents.py`), unless what they hold are rollouts after all.
"""

import codecs
from collections.abc import Callable

from flows.licences.documents import DOCUMENTS
from flows.sources import Cut
from schemas.errors import RecordFault
from schemas.rollouts import Decoded, Rejection, RolloutFormat, decode_record
from schemas.rollouts.format import Head
from schemas.rollouts.raw.foreign import is_binary
from schemas.rollouts.raw.strict_json import parse_json

LICENCE_DOCUMENT = "licence_document"
"""What `records.format` says of such a file."""
JSON_ENDING = ".json"

Claims = Callable[[Head], str | None]


def claiming_documents(claims: Claims) -> Claims:
    """Claim cards and licence texts whole: JSON lines of their examples are no records.

    Args:
        claims: names the rollout format that takes a file; goes first.
    """
    return lambda head: claims(head) or (LICENCE_DOCUMENT if _is_text_document(head) else None)


def decode_or_consult(cut: Cut, chosen: RolloutFormat | None) -> Decoded | Rejection:
    """Decode a record as `decode_record` does; a document that only tells of a licence is kept, and holds nothing."""
    consulted = Decoded(format_name=LICENCE_DOCUMENT, trajectories=())
    if cut.record.claimed_by == LICENCE_DOCUMENT:
        return consulted
    outcome = decode_record(cut.record, cut.source, chosen)
    return consulted if isinstance(outcome, Rejection) and _is_json_document(cut) else outcome


def _is_text_document(head: Head) -> bool:
    """Tell text by its start; rollouts under such a name are JSON, and stay what they are."""
    is_named = head.file_name in DOCUMENTS and not head.file_name.endswith(JSON_ENDING)
    if not is_named or head.records or is_binary(head.start):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head.start)
    except UnicodeDecodeError:
        return False
    return True


def _is_json_document(cut: Cut) -> bool:
    name = cut.source.file_name
    if cut.record.locator != "file" or name not in DOCUMENTS or not name.endswith(JSON_ENDING):
        return False
    try:
        return isinstance(parse_json(cut.record.raw), dict)
    except RecordFault:
        return False
