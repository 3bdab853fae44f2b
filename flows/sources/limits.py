"""How much of a source is read at most: hostile and broken files end in refusals, not in a full memory."""

from dataclasses import dataclass

from flows import settings


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Sizes in bytes; the settings unless a test says otherwise."""

    record_bytes: int = settings.RECORD_BYTES
    small_file_bytes: int = settings.SMALL_FILE_BYTES
    beside_bytes: int = settings.BESIDE_BYTES
    expansion_ratio: int = settings.EXPANSION_RATIO
    expansion_free_bytes: int = settings.EXPANSION_FREE_BYTES
    expanded_bytes: int = settings.EXPANDED_BYTES

    def expanded(self, stored_bytes_count: int) -> int:
        """What compressed data of a size may expand to."""
        return min(
            self.expanded_bytes, max(self.expansion_free_bytes, self.expansion_ratio * stored_bytes_count)
        )
