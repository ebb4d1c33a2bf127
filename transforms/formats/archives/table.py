"""The kinds of archives there are."""

from __future__ import annotations

from enum import Enum

from transforms.formats.archives.tar import begins_tar, is_empty_tar
from transforms.formats.archives.zip import begins_zip
from transforms.formats.compression.table import without_extension


class Archive(Enum):
    """A kind of archive; its value is what it is called."""

    ZIP = "a ZIP archive (or an Office file)"
    TAR = "a tar archive"


_EXTENSIONS = (".zip", ".tar", ".tgz")


def archive_of(head: bytes, key: str) -> Archive | None:
    """The kind of archive that the decoded bytes begin like.

    Nothing but zeros is an empty tar under the name of an archive; under any other it is a file that was never written.
    """
    if begins_zip(head):
        return Archive.ZIP
    if begins_tar(head):
        return Archive.TAR
    return Archive.TAR if is_named_archive(without_extension(key)) and is_empty_tar(head) else None


def is_named_archive(key: str) -> bool:
    """Whether the key, without a codec's extension, has that of an archive."""
    return key.lower().endswith(_EXTENSIONS)
