"""When and in what order the work happens: Prefect flows, settings, the command line.

The only place where `curation` (what is computed) and `warehouse` (where data lives) meet, and the only reader of
settings. Start with `nightly.py`, the whole job; then `ingest`, `score`, `curate`, `export`, its parts in order.
"""
