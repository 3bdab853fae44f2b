"""Secrets and personal data in messages: where they are, and how to put placeholders there.

To add a detector: one `Detector` in `credentials.py` or `personal.py` around a rule of a kept library, and a planted
example in the tests.
"""

from curation.privacy.detector import Detector
from curation.privacy.redact import Span, redact_json, redact_messages, redact_text
from curation.privacy.scan import DETECTORS, scan_messages

__all__ = ["DETECTORS", "Detector", "Span", "redact_json", "redact_messages", "redact_text", "scan_messages"]
