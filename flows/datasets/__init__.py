"""Curated datasets after their curation: list, compare, write, rebuild, merge, describe, push, delete.

What decides which trajectory is kept is in `flows.curate` and `flows.resolve`; the Prefect flow of an export is in
`flows.export`, over `flows.datasets.folder`.
"""
