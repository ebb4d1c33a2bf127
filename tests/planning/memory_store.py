"""A store of objects that only exist in memory, which remembers what was asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from transforms.model.objects import ObjectRef
from transforms.storage.store import ObjectUnreadable, PlaceUnavailable


class MemoryStore:
    """Objects by URI, listed in S3's order, `page` at a time.

    Attributes:
        listed: prefixes whose listing was begun.
        looked_into: folders whose sub-folders were asked for.
    """

    def __init__(self, uris: Iterable[str], *, page: int = 3, sizes: dict[str, int] | None = None) -> None:
        self.uris = sorted(uris, key=lambda uri: uri.encode("utf-8", "surrogateescape"))
        self.page = page
        self.sizes = sizes or {}
        self.modified: dict[str, int] = {}
        self.forbidden: set[str] = set()
        self.missing_bucket: str | None = None
        self.listed: list[str] = []
        self.looked_into: list[str] = []

    def list(self, prefix: str, root: str) -> Iterator[list[ObjectRef]]:
        """Pages of what starts with the prefix."""
        self.listed.append(prefix)
        if self.missing_bucket is not None and prefix.startswith(self.missing_bucket):
            raise PlaceUnavailable(f"the bucket {self.missing_bucket} does not exist")
        found = [uri for uri in self.uris if uri.startswith(prefix)]
        for at in range(0, len(found), self.page):
            yield [self._ref(uri, root) for uri in found[at : at + self.page]]

    def folders(self, prefix: str) -> Iterator[str]:
        """What stands between the prefix and the next slash."""
        self.looked_into.append(prefix)
        below = (uri[len(prefix) :] for uri in self.uris if uri.startswith(prefix))
        yield from dict.fromkeys(prefix + rest[: rest.index("/") + 1] for rest in below if "/" in rest)

    def find(self, uri: str, root: str) -> ObjectRef | None:
        """The object, unless it is forbidden."""
        if uri in self.forbidden:
            raise ObjectUnreadable(f"{uri} may not be read")
        return self._ref(uri, root) if uri in self.uris else None

    def _ref(self, uri: str, root: str) -> ObjectRef:
        return ObjectRef(
            uri=uri, root=root, version="v", size=self.sizes.get(uri, 10), modified_ms=self.modified.get(uri, 0)
        )
