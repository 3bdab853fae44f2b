import pytest

from curation.selection.sql_filter import SqlFilter
from schemas.errors import RecipeError
from schemas.reasons import DecisionReason
from tests.curation.selection.candidates import candidates

ROWS = candidates({"efficiency": 0.9}, {"efficiency": 0.1}, {"efficiency": None})


def test_keeps_what_the_predicate_holds_for() -> None:
    choices = SqlFilter(where="efficiency > 0.5 AND status IN ('completed', 'truncated')").select(ROWS)
    assert choices["is_kept"].to_list() == [True, False, False]
    assert choices["reason"].to_list()[1] == DecisionReason.NOT_MATCHED_BY_FILTER


def test_says_the_values_that_decided() -> None:
    choices = SqlFilter(where="efficiency > 0.5").select(ROWS)
    assert choices["detail"].to_list()[1:] == [
        "efficiency > 0.5; efficiency=0.1",
        "efficiency > 0.5; efficiency=null",
    ]


def test_a_constant_is_a_predicate() -> None:
    assert SqlFilter(where="true").select(ROWS)["is_kept"].to_list() == [True] * 3
    assert SqlFilter(where="false").select(ROWS.clear()).is_empty()


def test_refuses_a_column_that_candidates_do_not_have() -> None:
    with pytest.raises(
        RecipeError,
        match=r"reads unknown columns: efficency. Known columns: benchmark, content_fingerprint, ",
    ):
        SqlFilter(where="efficency > 0.5").select(ROWS)


@pytest.mark.parametrize("where", ["efficiency >", "", "DROP TABLE steps"])
def test_refuses_what_is_no_expression(where: str) -> None:
    with pytest.raises(RecipeError, match="is not an SQL predicate"):
        SqlFilter(where=where)


def test_refuses_what_cannot_be_evaluated() -> None:
    with pytest.raises(RecipeError, match="cannot be evaluated"):
        SqlFilter(where="status > 3").select(ROWS)


def test_refuses_a_value_that_is_no_truth_value() -> None:
    with pytest.raises(RecipeError, match="must be true or false"):
        SqlFilter(where="efficiency + 1").select(ROWS)


@pytest.mark.parametrize(
    "where",
    ["(select a from read_csv('/etc/passwd')) = 'x'", "efficiency IN (SELECT 1.0)", "EXISTS (sELECT 1)"],
)
def test_refuses_a_subquery_which_could_read_any_file(where: str) -> None:
    with pytest.raises(RecipeError, match="without a subquery"):
        SqlFilter(where=where)


def test_a_word_in_quotes_is_no_subquery() -> None:
    assert SqlFilter(where="status = 'select'").columns_needed == ("status",)
