"""Where raw rollouts come from: files, folders, globs, archives and object stores, found, opened and cut.

`find.py` says what there is, `opening.py` gives its records; the rest serves these two. Nothing of a source is ever
written to disk here.
"""

from flows.sources.contents import Cut
from flows.sources.find import SourceFile, find_files, list_files
from flows.sources.opening import OpenSource, open_source
from flows.sources.reading import Reading

__all__ = ["Cut", "OpenSource", "Reading", "SourceFile", "find_files", "list_files", "open_source"]
