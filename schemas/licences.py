"""Licence ids: SPDX expressions, and how the Hugging Face hub spells them.

The list of SPDX ids is that of `packaging.licenses`, which knows their one spelling (`apache-2.0` is `Apache-2.0`). What
is on neither list is never guessed at.
"""

import re
from collections.abc import Collection

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from schemas.errors import UnknownNameError

HUB_ONLY = frozenset(
    {
        *(
            "bigcode-openrail-m",
            "bigscience-bloom-rail-1.0",
            "bigscience-openrail-m",
            "creativeml-openrail-m",
        ),
        *("bsd", "c-uda", "cc", "gpl", "lgpl", "openrail", "openmdw-1.0", "lgpl-lr"),
        *("deepfloyd-if-license", "fair-noncommercial-research-license", "h-research", "intel-research"),
        *(
            "apple-amlr",
            "apple-ascl",
            "gemma",
            "llama2",
            "llama3",
            "llama3.1",
            "llama3.2",
            "llama3.3",
            "llama4",
        ),
    }
)
"""Ids of the hub that SPDX does not have: kept as `LicenseRef-ID`."""
HUB_SPELLINGS = {
    "odc-by": "ODC-By-1.0",
    "odbl": "ODbL-1.0",
    "pddl": "PDDL-1.0",
    "etalab-2.0": "etalab-2.0",
    "openrail++": "LicenseRef-openrail-plus-plus",
}
"""Ids of the hub that SPDX spells with a version or otherwise, or whose signs it does not allow."""
HUB_SPDX = frozenset(
    {
        *("apache-2.0", "mit", "afl-3.0", "artistic-2.0", "bsl-1.0", "bsd-2-clause", "bsd-3-clause"),
        *(
            "bsd-3-clause-clear",
            "cc0-1.0",
            "cc-by-2.0",
            "cc-by-2.5",
            "cc-by-3.0",
            "cc-by-4.0",
            "cc-by-sa-3.0",
        ),
        *("cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0"),
        *("cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cdla-sharing-1.0"),
        *("cdla-permissive-1.0", "cdla-permissive-2.0", "wtfpl", "ecl-2.0", "epl-1.0", "epl-2.0", "eupl-1.1"),
        *("eupl-1.2", "agpl-3.0", "gpl-2.0", "gpl-3.0", "lgpl-2.1", "lgpl-3.0", "isc", "lppl-1.3c", "ms-pl"),
        *("mpl-2.0", "osl-3.0", "postgresql", "ofl-1.1", "ncsa", "unlicense", "zlib"),
    }
)
"""Ids of the hub (huggingface.co/docs/hub/repositories-licenses) that are SPDX's in small letters."""
HUB_OTHER = "other"
REFERENCE = "LicenseRef-"
NO_ASSERTION = "NOASSERTION"
"""SPDX's word for: nothing is claimed. A user who says so takes back what was said, and what was found."""
ANY_VERSION = re.compile(r"-(only|or-later)$")
"""SPDX's GPL ids end so; the hub's do not."""


def licence_id(text: str) -> str | None:
    """Give the SPDX expression that a licence id means; null when no list has it.

    Args:
        text: an SPDX expression in any case, or an id of the Hugging Face hub.

    Examples:
        >>> licence_id("mit or apache-2.0"), licence_id("odc-by"), licence_id("gemma"), licence_id("free")
        ('MIT OR Apache-2.0', 'ODC-By-1.0', 'LicenseRef-gemma', None)
    """
    spelled = text.strip().lower()
    if spelled == NO_ASSERTION.lower():
        return NO_ASSERTION
    if spelled in HUB_SPELLINGS:
        return HUB_SPELLINGS[spelled]
    if spelled in HUB_ONLY:
        return f"{REFERENCE}{spelled}"
    try:
        return canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return None


def known_licence(text: str) -> str:
    """Give the SPDX expression that a user means.

    Raises:
        UnknownNameError: no list has the id.
    """
    licence = licence_id(text)
    if licence is None:
        raise UnknownNameError(
            f"Unknown licence {text!r}. Allowed are SPDX expressions (MIT, Apache-2.0, CC-BY-4.0, MIT OR Apache-2.0 ...; "
            f"see spdx.org/licenses), ids of the Hugging Face hub, and LicenseRef-NAME, and {NO_ASSERTION}.\n\n"
            f"Hint: write {REFERENCE}NAME for a licence that has no id, and {NO_ASSERTION} for an unknown one"
        )
    return licence


def hub_id(licence: str) -> str:
    """Give the hub's id of an SPDX expression; `other` when the hub has none.

    Examples:
        >>> hub_id("Apache-2.0"), hub_id("GPL-3.0-or-later"), hub_id("LicenseRef-gemma"), hub_id("MIT AND ISC")
        ('apache-2.0', 'gpl-3.0', 'gemma', 'other')
    """
    spelled = ANY_VERSION.sub("", licence.lower())
    named = {spdx.lower(): name for name, spdx in HUB_SPELLINGS.items()}
    reference = licence.removeprefix(REFERENCE)
    if reference in HUB_ONLY:
        return reference
    return named.get(spelled, spelled if spelled in HUB_SPDX else HUB_OTHER)


def all_of(licences: Collection[str]) -> str:
    """Join what holds for parts of one whole: each must be kept to.

    Examples:
        >>> all_of(["MIT", "Apache-2.0 OR ISC", "MIT"])
        '(Apache-2.0 OR ISC) AND MIT'
    """
    parts = sorted(set(licences))
    return " AND ".join(f"({part})" if " OR " in part and len(parts) > 1 else part for part in parts)


def is_allowed(licence: str, allowed: Collection[str]) -> bool:
    """Tell whether an SPDX expression is covered by a list of them.

    It is when it stands there, when all parts of an `AND` do, or one part of an `OR`. One with parentheses must stand
    there as it is.

    Examples:
        >>> [is_allowed(one, {"MIT", "ISC"}) for one in ("MIT AND ISC", "GPL-3.0-only OR MIT", "MIT AND GPL-3.0-only")]
        [True, True, False]
    """
    if licence in allowed:
        return True
    if "(" in licence:
        return False
    choices = [choice.split(" AND ") for choice in licence.split(" OR ")]
    return any(all(part in allowed for part in choice) for choice in choices)
