"""Several files that are one record: packed as an uncompressed tar, so that each comes back byte for byte.

Some scaffolds spread one rollout over a folder (one file per event, per LLM call, per subagent). The tar is written
with names and bytes alone, so equal files give equal bytes.
"""

import io
import tarfile
from collections.abc import Mapping

from schemas.errors import RecordFault
from schemas.reasons import RejectReason


def pack_bundle(members: Mapping[str, bytes]) -> bytes:
    """Pack files by their names within the bundle; the order given does not matter.

    Examples:
        >>> unpack_bundle(pack_bundle({"b/2.json": b"{}", "a.json": b""}))
        {'a.json': b'', 'b/2.json': b'{}'}
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(members):
            info = tarfile.TarInfo(name)
            info.size = len(members[name])
            archive.addfile(info, io.BytesIO(members[name]))
    return packed.getvalue()


def unpack_bundle(raw: bytes) -> dict[str, bytes]:
    """Give the files of a bundle, sorted by name.

    Raises:
        RecordFault: `unreadable_container`.
    """
    try:
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
            read = ((member.name, archive.extractfile(member)) for member in archive)
            return {name: stream.read() for name, stream in read if stream is not None}
    except tarfile.TarError as exc:
        raise RecordFault(RejectReason.UNREADABLE_CONTAINER, f"Not a bundle: {exc}.") from exc
