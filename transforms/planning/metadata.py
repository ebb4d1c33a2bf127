"""Names of objects that tell of other objects: marks of finished jobs, and manifests of exports.

- `_SUCCESS`, of Hadoop's output committer and so of Spark, and `_SUCCESS.crc`;
- `_committed_…` and `_started_…`, of Databricks' commit protocol;
- `_metadata` and `_common_metadata`, the summaries that writers of Parquet leave in a folder;
- `manifest.json`, also behind a name and one of `-`, `_` and `.`, in upper or lower case: of cost and usage exports of
  AWS (`NAME-Manifest.json`) and Azure (`manifest.json`), of inventories and table exports (`NAME_manifest.json`).

Only the last part of a name counts.
"""

from __future__ import annotations

import re

_MARKS = re.compile(r"\.?_SUCCESS(?:\.crc)?|_(?:committed|started)_.+|_(?:common_)?metadata")
_MANIFEST = "manifest.json"


def is_metadata(uri: str) -> bool:
    """Whether the name says that the object holds no usage, but tells of others."""
    name = uri[uri.rfind("/") + 1 :]
    if name[-len(_MANIFEST) :].lower() == _MANIFEST:
        return name[: -len(_MANIFEST)][-1:] in ("", "-", "_", ".")
    return name.startswith(("_", "._")) and _MARKS.fullmatch(name) is not None
