"""Raw formats: bytes in, canonical trajectories or a rejection out.

To add a format: one module in its family's folder with one frozen instance, one line in `ROLLOUT_FORMATS`
(`registry.py`), one test and one file of samples. `raw/` cuts files into records, `parts/` is what formats share, and each
other folder is a family of formats.
"""

from schemas.rollouts.decoding import decode_record
from schemas.rollouts.format import BundleName, Decoded, Head, RawRecord, Rejection, RolloutFormat, Source
from schemas.rollouts.raw.cutting import RefusedRecord
from schemas.rollouts.raw.framing import read_records
from schemas.rollouts.registry import ROLLOUT_FORMATS, bundling_format, claiming_format, detect_format, parted

__all__ = [
    "ROLLOUT_FORMATS",
    "BundleName",
    "Decoded",
    "Head",
    "RawRecord",
    "RefusedRecord",
    "Rejection",
    "RolloutFormat",
    "Source",
    "bundling_format",
    "claiming_format",
    "decode_record",
    "detect_format",
    "parted",
    "read_records",
]
