"""Licence texts, known by the words that they consist of. A text that differs by a word is not known.

Copyright lines and titles are not among the words, as SPDX's matching guidelines have it
(spdx.github.io/spdx-spec, annex on licence matching); case, punctuation, bullets and line
breaks do not count.
"""

import hashlib
import re

COPYRIGHT = re.compile(r"^\W*(copyright|\(c\)|©|all rights reserved)", re.IGNORECASE)
TITLE = re.compile(
    r"^\W*(the )?(mit|isc|expat|bsd( [23]-clause)?( \"?(simplified|new|revised)\"?)*) licen[sc]e( \(\w+\))?\W*$"
    r"|^\W*bsd [23]-clause( \"?\w+\"?)* licen[sc]e\W*$",
    re.IGNORECASE,
)
BULLET = re.compile(r"^\s*(\d+\.|[*-])\s+")
WORD = re.compile(r"[a-z0-9]+")
IDENTIFIER = re.compile(r"^\W*SPDX-License-Identifier:\s*(.+?)\W*$", re.MULTILINE)
DIGEST_CHARS = 16


def text_digest(text: str) -> str:
    """Hash the words of a licence text, without titles and copyright lines."""
    lines = (line for line in text.splitlines() if not COPYRIGHT.match(line) and not TITLE.match(line))
    words = WORD.findall(" ".join(BULLET.sub("", line) for line in lines).lower().replace("https:", "http:"))
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:DIGEST_CHARS]


KNOWN_TEXTS = {
    "0cf21bdfd1964a97": "MIT",
    "4b27f042d722735c": "Apache-2.0",
    "24f8f5153fc672e8": "Apache-2.0",  # without its last line and appendix
    "8bb21be975aca3ad": "Apache-2.0",  # without its appendix
    "1c6245caad1dd067": "Apache-2.0",  # with the notice alone of its appendix
    "986c3c3199a93b91": "BSD-2-Clause",
    "53075742228962c7": "BSD-3-Clause",
    "6e9dc1cd727a1235": "ISC",
    "2106cd4f7c9f6d4a": "CC0-1.0",
    "dce5f02e871facfb": "MPL-2.0",
    "abfc6114bc21bf99": "GPL-2.0",
    "b1a41e97c964d2db": "GPL-3.0",
    "1b428251c4ded40c": "LGPL-2.1",
    "0d5bd1d1c3bb47a1": "LGPL-3.0",
    "5012c6a626e950a9": "CC-BY-4.0",  # the short form, which ends with the address of the whole
}
"""By digest of their words, from copies that many projects carry. The GPL's text does not say whether a later version
will do, so its id is the one without `-only` or `-or-later`."""


def text_licence(text: str) -> str | None:
    """Give the licence whose text this is, word for word; null when it is none that is known."""
    return KNOWN_TEXTS.get(text_digest(text))
