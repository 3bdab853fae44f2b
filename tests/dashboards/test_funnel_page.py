from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from dashboards.reader import _versions
from schemas.rows import arrow_table
from tests.dashboards.literals import DATASET, HOSTILE, OLD_DATASET, TRIALS
from tests.dashboards.rows import source_row
from tests.dashboards.screen import markdown, texts
from warehouse import Warehouse

Visit = Callable[..., AppTest]
REJECTED = ("rejected", "ingest", "invalid_json", 1)


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def reasons(app: AppTest) -> list[str]:
    return list(app.selectbox(key="reason").options)


def test_shows_that_records_in_are_kept_rejected_or_repeated(visit: Visit) -> None:
    assert "7 = 4 + 1 + 2" in texts(visit("funnel"))


def test_shows_what_became_of_trajectories_and_what_was_exported(visit: Visit) -> None:
    shown = figures(visit("funnel"))
    assert (shown["Read"], shown["Repaired"], shown["Dropped"]) == ("4", "1", "2")
    assert shown["Exported as trl_sft"] == "2"


def test_lists_the_current_build_first(visit: Visit) -> None:
    options = visit("funnel").selectbox[0].options
    assert [option.split(" ")[2] for option in options] == ["current", "earlier"]


def test_address_chooses_the_dataset_and_keeps_naming_it(visit: Visit) -> None:
    app = visit("funnel", dataset=OLD_DATASET)
    assert app.selectbox[0].value == OLD_DATASET
    assert app.query_params["dataset"] == OLD_DATASET


def test_dataset_that_is_gone_falls_back_to_the_current_one(visit: Visit) -> None:
    assert visit("funnel", dataset="gone").selectbox[0].value == DATASET


def test_counts_each_reason_of_decisions_and_rejections(visit: Visit) -> None:
    shown = reasons(visit("funnel"))
    assert "dropped · select:1:outcome · outcome_unknown (1)" in shown
    assert "repaired · repair:rollback · repaired_into_child (1)" in shown
    assert "rejected · ingest · invalid_json (1)" in shown


def test_reason_leads_to_its_trajectories_and_they_to_their_page(visit: Visit) -> None:
    app = visit("funnel")
    app.selectbox(key="reason").select(("dropped", "select:1:outcome", "outcome_unknown", 1)).run()
    rows = app.dataframe[0].value
    assert rows["trajectory"].to_list() == [
        f"trajectory?trajectory={TRIALS[3].trajectory_id}&dataset={DATASET}"
    ]


def test_rejection_leads_to_its_records_with_place_and_detail(visit: Visit) -> None:
    app = visit("funnel")
    app.selectbox(key="reason").select(REJECTED).run()
    row = app.dataframe[0].value.iloc[0]
    assert row["locator"] == "line 5"
    assert row["detail"].endswith(HOSTILE)
    assert HOSTILE not in markdown(app)


def test_search_is_a_value_and_never_sql(visit: Visit) -> None:
    app = visit("funnel")
    app.selectbox(key="reason").select(REJECTED)
    app.text_input(key="reason-search").input("line 5' OR '1' = '1").run()
    assert not app.exception
    assert app.dataframe[0].value.empty
    app.text_input(key="reason-search").input("LITERALS.JSONL").run()
    assert len(app.dataframe[0].value) == 1


def test_warehouse_without_a_dataset_still_shows_its_records(
    open_app: Callable[[Path], AppTest], empty_folder: Path
) -> None:
    Warehouse(empty_folder).store.append("sources", arrow_table("sources", [source_row()]))
    app = open_app(empty_folder)
    assert not app.exception
    assert figures(app)["Rejected"] == "1"
    assert "winnow curate" in app.info[0].value


def test_new_rows_show_up_without_a_restart(open_app: Callable[[Path], AppTest], empty_folder: Path) -> None:
    store = Warehouse(empty_folder).store
    store.append("sources", arrow_table("sources", [source_row()]))
    assert figures(open_app(empty_folder))["Records in"] == "7"
    store.append("sources", arrow_table("sources", [source_row() | {"source_id": "6" * 64}]))
    _versions.clear()  # as if its few seconds were over
    assert figures(open_app(empty_folder))["Records in"] == "14"
