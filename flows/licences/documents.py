"""What a file beside rollouts says of their licence: metadata of a data set, or the licence itself.

Taken as it stands: a text or an id that no list knows is reported as such, never guessed at.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import yaml

from flows.licences.texts import IDENTIFIER, text_licence
from schemas.licences import all_of, licence_id

HEADER = re.compile(r"\A\ufeff?---\s*\n(.*?)\n---\s*(\n|\Z)", re.DOTALL)
ADDRESSES = (
    (re.compile(r"^https?://(?:www\.)?creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)(?:/|$)"), "CC-{}-{}"),
    (re.compile(r"^https?://(?:www\.)?creativecommons\.org/publicdomain/zero/(1\.0)(?:/|$)"), "CC0-{}"),
    (re.compile(r"^https?://(?:www\.)?apache\.org/licenses/LICENSE-(2\.0)"), "Apache-{}"),
    (re.compile(r"^https?://(?:www\.)?spdx\.org/licenses/([\w.+-]+?)(?:\.html|\.json|/)?$"), "{}"),
    (
        re.compile(r"^https?://(?:www\.)?(?:opensource|choosealicense)\.(?:org|com)/licenses?/([\w.-]+?)/?$"),
        "{}",
    ),
)
"""Addresses of licences, and the ids that they name."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one file says."""

    licence: str | None
    """SPDX expression; null when what it says is not known."""
    said: str | None = None
    """The words that name it; null for a whole text."""
    url: str | None = None
    """Where the data is from; null when it does not say."""


def read_document(name: str, content: bytes) -> Said | None:
    """Read a file of one of `DOCUMENTS`; null when it says nothing about a licence, or cannot be read."""
    reader = DOCUMENTS.get(name)
    try:
        return None if reader is None else reader(content.decode())
    except (UnicodeDecodeError, msgspec.DecodeError, yaml.YAMLError):
        return None


def _from_croissant(text: str) -> Said | None:
    """Read Croissant's `license` and `url`."""
    told = msgspec.json.decode(text)
    return _said(told.get("license"), told.get("url")) if isinstance(told, dict) else None


def _from_card(text: str) -> Said | None:
    """Read the header of a card; `license: other` goes with a `license_name`."""
    header = HEADER.match(text)
    told = yaml.safe_load(header[1]) if header else None
    if not isinstance(told, dict):
        return None
    licence = told.get("license")
    return _said(told.get("license_name", licence) if licence == "other" else licence)


def _from_dataset_info(text: str) -> Said | None:
    """Read `license` and `homepage` of Hugging Face's dataset_info, of one configuration or of several by name."""
    told = msgspec.json.decode(text)
    if not isinstance(told, dict):
        return None
    infos = [told] if "license" in told else [info for info in told.values() if isinstance(info, dict)]
    licences = list(dict.fromkeys(info["license"] for info in infos if isinstance(info.get("license"), str)))
    return _said([licence for licence in licences if licence], *(info.get("homepage") for info in infos[:1]))


def _from_text(text: str) -> Said | None:
    """Read a licence's own text, or the line that names its SPDX id."""
    if not text.strip():
        return None
    named = IDENTIFIER.search(text)
    if named:
        return Said(licence=licence_id(named[1]), said=named[1])
    return Said(licence=text_licence(text))


def _said(licence: Any, url: Any = None) -> Said | None:
    """Read one licence or a list of them: an id, an address, or an object with one of these."""
    words = [word for word in map(_spelled, licence if isinstance(licence, list) else [licence]) if word]
    if not words:
        return None
    ids = [_named(word) for word in words]
    known = [one for one in ids if one is not None]
    return Said(
        licence=all_of(known) if len(known) == len(ids) else None,
        said=", ".join(words),
        url=url if isinstance(url, str) and url else None,
    )


def _spelled(licence: Any) -> str:
    if isinstance(licence, dict):
        licence = next((licence[key] for key in ("@id", "url", "name") if licence.get(key)), "")
    return licence.strip() if isinstance(licence, str) else ""


def _named(word: str) -> str | None:
    for address, spelled in ADDRESSES:
        if match := address.match(word):
            return licence_id(spelled.format(*match.groups()))
    return licence_id(word)


DOCUMENTS: dict[str, Callable[[str], Said | None]] = {
    "croissant.json": _from_croissant,
    "README.md": _from_card,
    "dataset_info.json": _from_dataset_info,
    "dataset_infos.json": _from_dataset_info,
    **{
        f"{name}{suffix}": _from_text
        for name in ("LICENSE", "LICENCE", "COPYING")
        for suffix in ("", ".md", ".txt")
    },
}
"""By file name, what speaks of the data first: the first that says anything counts."""
