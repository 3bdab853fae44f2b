"""Croissant metadata of an export, so that data catalogues and loaders know its files and columns.

Croissant 1.0 (mlcommons.org/croissant/1.0), with provenance in terms of W3C PROV-O. What nobody knows is left out,
also where the specification wants it: `url`, `creator`, `datePublished`. There is no clock in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa

from flows.datasets.licences import croissant_licences
from schemas.rows import Row
from schemas.training import TrainingFormat

CROISSANT = "croissant.json"
MEDIA_TYPES = {"parquet": "application/x-parquet", "jsonl": "application/jsonlines"}
CONTEXT: Row = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{
        name: f"cr:{name}"
        for name in (
            *(
                "citeAs",
                "column",
                "equivalentProperty",
                "extract",
                "field",
                "fileObject",
                "fileProperty",
                "fileSet",
            ),
            *(
                "format",
                "includes",
                "isLiveDataset",
                "jsonPath",
                "key",
                "md5",
                "parentField",
                "path",
                "recordSet",
            ),
            *(
                "references",
                "regex",
                "repeated",
                "replace",
                "samplingRate",
                "separator",
                "source",
                "subField",
            ),
            "transform",
        )
    },
}
"""What the specification's own context says, and PROV-O."""
JSON_TYPES = {str: "sc:Text", bool: "sc:Boolean", int: "sc:Integer", float: "sc:Float"}


def croissant(
    built: Row,
    form: TrainingFormat[Any],
    *,
    export_id: str,
    licences: pl.DataFrame,
    files: list[Row],
    provenance: Row,
    provenance_schema: pa.Schema,
    columns: Mapping[str, type | None],
) -> bytes:
    """Write the metadata.

    Args:
        built: the dataset's row.
        form: the training format.
        export_id: of the export.
        licences: of the sources, see `kept_licences`.
        files: the data files, see `SplitFiles.finish`.
        provenance: name, bytes and SHA-256 of the file of origins.
        provenance_schema: its columns.
        columns: of JSON Lines, the type of each key's first value.
    """
    schema = form.arrow_schema
    fields = _json_fields(columns) if schema is None else _arrow_fields(schema)
    metadata = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "dct:conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": built["name"],
        "description": f"Agent trajectories, curated by Winnow and written in the format {form.name} "
        f"(version {form.version}), one row per {form.unit}.",
        "license": croissant_licences(licences),
        "version": "1.0.0",
        "isLiveDataset": False,
        "prov:wasDerivedFrom": {"@id": f"winnow:dataset/{built['dataset_id']}"},
        "prov:wasGeneratedBy": _activity(built, form, export_id),
        "prov:hadPrimarySource": [_source(row) for row in licences.to_dicts()],
        "distribution": [
            *_distribution(files, MEDIA_TYPES[form.suffix], form.suffix),
            _file_object(provenance, MEDIA_TYPES["parquet"]),
        ],
        "recordSet": [
            *(_record_set(f"{split}-files", split, fields) for split in _splits(files)),
            _record_set(provenance["name"], "provenance", _arrow_fields(provenance_schema), of_file=True),
        ],
    }
    return msgspec.json.format(msgspec.json.encode(metadata), indent=2) + b"\n"


def _activity(built: Row, form: TrainingFormat[Any], export_id: str) -> Row:
    return {
        "@id": f"winnow:export/{export_id}",
        "@type": "prov:Activity",
        "prov:used": {"@id": f"winnow:recipe/{built['recipe_hash']}"},
        "prov:wasAssociatedWith": {
            "@id": f"winnow:code/{built['code_version']}",
            "@type": "prov:SoftwareAgent",
        },
        "sc:name": f"export:{form.name}",
    }


def _source(row: Row) -> Row:
    """Describe one source; what is not known of it is left out."""
    told = {"sc:license": row["licence"], "sc:url": row["url"]}
    return {
        "@type": "prov:Entity",
        "sc:name": row["source_name"],
        "sc:size": f"{row['trajectory_count']} trajectories",
        **{name: value for name, value in told.items() if value is not None},
    }


def _splits(files: list[Row]) -> list[str]:
    return list(dict.fromkeys(file["split"] for file in files))


def _distribution(files: list[Row], media_type: str, suffix: str) -> Iterator[Row]:
    """Give each data file with its hash, and the set of files of each split."""
    for file in files:
        yield _file_object(file, media_type)
    for split in _splits(files):
        yield {
            "@type": "cr:FileSet",
            "@id": f"{split}-files",
            "name": f"{split}-files",
            "encodingFormat": media_type,
            "includes": f"{split}-*.{suffix}",
        }


def _file_object(file: Row, media_type: str) -> Row:
    return {
        "@type": "cr:FileObject",
        "@id": file["name"],
        "name": file["name"],
        "contentUrl": file["name"],
        "contentSize": f"{file['bytes_count']} B",
        "encodingFormat": media_type,
        "sha256": file["sha256"],
    }


def _record_set(source: str, name: str, fields: list[Row], *, of_file: bool = False) -> Row:
    place = {"fileObject" if of_file else "fileSet": {"@id": source}}
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "field": [_field(field, name, {**place, "extract": {"column": field["name"]}}) for field in fields],
    }


def _field(field: Row, parent: str, source: Row, path: str = "") -> Row:
    """Give a field its identity and its source; a part of a column is found there by its JSON path."""
    name = f"{parent}/{field['name']}"
    parts = field.get("subField", [])
    told = {"@type": "cr:Field", "@id": name, **field}
    if parts:
        steps = [f"{path}.{part['name']}".lstrip(".") for part in parts]
        told["subField"] = [_field(part, name, source, step) for part, step in zip(parts, steps, strict=True)]
        return told
    return told | {"source": source | ({"transform": {"jsonPath": path}} if path else {})}


def _arrow_fields(schema: Iterable["pa.Field[Any]"]) -> list[Row]:
    return [{"name": field.name, **_described(field.type)} for field in schema]


def _described(kind: pa.DataType) -> Row:
    if isinstance(kind, pa.ListType):
        return {"repeated": True, **_described(kind.value_type)}
    if isinstance(kind, pa.StructType):
        return {"subField": _arrow_fields(kind)}
    if pa.types.is_boolean(kind):
        return {"dataType": "sc:Boolean"}
    if pa.types.is_integer(kind):
        return {"dataType": "sc:Integer"}
    if pa.types.is_floating(kind):
        return {"dataType": "sc:Float"}
    return {"dataType": "sc:Text"}


def _json_fields(columns: Mapping[str, type | None]) -> list[Row]:
    nested = {"dataType": "sc:Text", "description": "JSON, as its text"}
    return [
        {"name": name, **({"dataType": JSON_TYPES[kind]} if kind in JSON_TYPES else nested)}
        for name, kind in columns.items()
    ]
