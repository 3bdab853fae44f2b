import pytest

from schemas.errors import UnknownNameError
from schemas.licences import (
    HUB_ONLY,
    HUB_SPDX,
    HUB_SPELLINGS,
    all_of,
    hub_id,
    is_allowed,
    known_licence,
    licence_id,
)


@pytest.mark.parametrize("name", sorted({*HUB_ONLY, *HUB_SPDX, *HUB_SPELLINGS}))
def test_every_id_of_the_hub_has_an_expression_and_comes_back(name: str) -> None:
    licence = licence_id(name)
    assert licence is not None
    assert hub_id(licence) == name
    assert licence_id(licence) == licence


@pytest.mark.parametrize("word", ["", "MTI", "unknown", "other", "mit/apache", "free for all"])
def test_what_no_list_has_is_unknown_and_an_error_where_a_user_says_it(word: str) -> None:
    assert licence_id(word) is None
    with pytest.raises(UnknownNameError, match="Hint: write LicenseRef-NAME"):
        known_licence(word)


def test_what_a_user_says_gets_its_one_spelling() -> None:
    assert known_licence("mit OR (apache-2.0 and isc)") == "MIT OR (Apache-2.0 AND ISC)"
    assert known_licence("licenseref-mine") == "LicenseRef-mine"
    assert known_licence("noassertion") == "NOASSERTION"


def test_licences_of_parts_are_joined_once_each() -> None:
    assert all_of(["MIT"]) == "MIT"
    assert all_of(["MIT OR ISC"]) == "MIT OR ISC"
    assert licence_id(all_of(["MIT OR ISC", "MIT", "MIT"])) == "MIT AND (MIT OR ISC)"


def test_nested_expressions_are_allowed_as_they_stand_alone() -> None:
    nested = "MIT AND (ISC OR 0BSD)"
    assert not is_allowed(nested, {"MIT", "ISC"})
    assert is_allowed(nested, {nested})
