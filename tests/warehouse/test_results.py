"""What a query gives back."""

from pathlib import Path

from warehouse import Warehouse


def test_repeated_column_names_are_numbered(tmp_path: Path) -> None:
    answer = Warehouse(tmp_path / "w", create=True).sql("SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS a")
    assert answer.columns == ["a", "a_1", "a_1_1", "a_2"]
    assert answer.to_polars().rows() == answer.rows() == [(1, 2, 3, 4)]
    assert list(answer.to_pandas().columns) == answer.columns
