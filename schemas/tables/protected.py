"""Texts that no training set may hold, such as the tasks of benchmarks that live outside the warehouse."""

from schemas.tables.declaration import STRING, Column, Table, id_column

PROTECTED_TEXTS = Table(
    name="protected_texts",
    row="one text of a benchmark's task that training texts are held against, put there by `winnow protect`",
    key=("set_name", "protected_id"),
    is_quarantined=True,
    columns=(
        Column(name="set_name", type=STRING, doc="The user's name for the protected set."),
        id_column("protected_id", "Hash of benchmark, task key and text."),
        Column(name="benchmark", type=STRING, doc="The suite that the task belongs to."),
        Column(
            name="task_key",
            type=STRING,
            doc="The suite's own name of the task; where the file gave none, its place in the file.",
        ),
        Column(name="text", type=STRING, doc="What a training text must not hold."),
    ),
)
