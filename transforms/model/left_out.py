"""What is left out by its name alone, of a listing and of the members of an archive alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transforms.model.metadata import is_metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Which names are not read.

    Attributes:
        excluded: matches the URIs that `--exclude` names; None where it names none.
        metadata: whether names are read that tell of other objects.
    """

    excluded: re.Pattern[str] | None = None
    metadata: bool = False

    def excludes(self, uri: str) -> bool:
        """Whether an `--exclude` matches it."""
        return self.excluded is not None and self.excluded.fullmatch(uri) is not None

    def is_metadata(self, uri: str) -> bool:
        """Whether its name says that it tells of other objects, and such are not read."""
        return not self.metadata and is_metadata(uri)


NOTHING = LeftOut(metadata=True)
"""Every name is read."""
