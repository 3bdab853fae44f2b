import polars as pl
import pytest

from curation.selection.licences import Licences
from schemas.errors import RecipeError
from schemas.reasons import DecisionReason
from tests.curation.selection.candidates import candidates, verdict

RECORDS = pl.DataFrame(
    {
        "record_id": ["m", "a", "both", "either"],
        "licence": ["MIT", "Apache-2.0", "MIT AND Apache-2.0", "GPL-3.0-only OR MIT"],
    }
)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("m", None),
        ("either", None),
        ("a", DecisionReason.LICENCE_NOT_ALLOWED),
        ("both", DecisionReason.LICENCE_NOT_ALLOWED),
        ("untold", DecisionReason.LICENCE_UNKNOWN),
    ],
)
def test_keeps_what_is_under_an_allowed_licence(record: str, reason: str | None) -> None:
    assert verdict(Licences(allowed=("mit",)).bound_to(RECORDS), {"record_id": record}) == reason


def test_unknown_licences_are_kept_when_asked() -> None:
    rule = Licences(allowed=("MIT",), unknown="keep").bound_to(RECORDS)
    assert verdict(rule, {"record_id": "untold"}) is None
    assert verdict(rule, {"record_id": "a"}) == DecisionReason.LICENCE_NOT_ALLOWED


def test_the_decision_names_licence_and_list() -> None:
    rule = Licences(allowed=("mit", "isc")).bound_to(RECORDS)
    assert (
        rule.select(candidates({"record_id": "a"}))["detail"].item()
        == "licence=Apache-2.0; allowed: ISC, MIT"
    )


def test_refuses_lists_that_mean_nothing_and_to_judge_unbound() -> None:
    with pytest.raises(RecipeError, match="`allowed` must name at least one licence"):
        Licences(allowed=())
    with pytest.raises(RecipeError, match="`allowed`: Unknown licence 'MTI'"):
        Licences(allowed=("MTI",))
    with pytest.raises(RecipeError, match="was given no licences"):
        Licences(allowed=("MIT",)).select(candidates({"record_id": "a"}))
