"""How a dataset comes to be in the tables, whole or as nothing: its row in `datasets` is written last.

What a killed run left is removed before the same dataset is made anew, and the name is pointed at it in the end.
"""

from schemas.rows import Row, arrow_table
from warehouse import Warehouse

OWNERS = {"pairs": "chosen_id", "samples": "trajectory_id", "train_labels": "trajectory_id"}
"""What was made of the trajectories that a dataset keeps: by table, the column that names the trajectory."""


def is_finished(house: Warehouse, dataset_id: str) -> bool:
    """Tell whether an earlier run finished this dataset."""
    return dataset_id in house.store.read("datasets", columns=["dataset_id"])["dataset_id"]


def remove_decisions(house: Warehouse, dataset_id: str) -> dict[str, int]:
    """Remove what a dataset has in the large tables.

    Returns:
        Rows removed per table.
    """
    return {
        table: house.store.delete(table, f"dataset_id = '{dataset_id}'") for table in (*OWNERS, "decisions")
    }


def point_head(house: Warehouse, name: str, dataset_id: str) -> None:
    """Let a name mean this dataset from now on."""
    head: Row = {"name": name, "dataset_id": dataset_id}
    if head not in house.store.read("dataset_heads").to_dicts():
        house.store.upsert("dataset_heads", arrow_table("dataset_heads", [head]), update=True)
