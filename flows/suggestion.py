"""A mapping for JSON that no format reads, proposed from the first records of some files."""

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from flows.sources import Reading, find_files, open_source
from schemas.errors import WinnowError
from schemas.rollouts.mapping.suggest import suggest_mapping

SAMPLED_RECORDS = 200


def suggested_mapping(paths: Sequence[str]) -> str:
    """Propose a mapping as YAML, to be read and saved by a person.

    Raises:
        SourceNotFoundError: a path leads to no file.
        WinnowError: there is no JSON object in the files.
    """
    records = list(islice(_objects(paths), SAMPLED_RECORDS))
    if not records:
        raise WinnowError(
            f"Found no JSON object in {', '.join(paths)}.\n\nHint: a mapping reads JSON objects"
        )
    return suggest_mapping(records)


def _objects(paths: Sequence[str]) -> Iterator[object]:
    for file in find_files(paths):
        with open_source(file, Reading()) as opened:
            for cut in opened.cuts:
                try:
                    record = msgspec.json.decode(cut.record.raw)
                except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                    continue
                if isinstance(record, dict):
                    yield record
