"""Members as objects: what each is called, which are skipped, and how many an archive may have."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

from transforms.formats.archives.member import Member
from transforms.formats.frames import Fault
from transforms.model.objects import ObjectRef
from transforms.model.rejections import Code, Level

NAME_CHARACTERS = 2048
"""Of a member's name; a longer one is cut, and a digest of all of it put behind."""

_RESOURCE_FORKS = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\._[^/]*|\.DS_Store)", re.DOTALL)
"""What macOS puts beside the files of an archive: attributes and icons."""


@dataclass(frozen=True, slots=True)
class MemberObject:
    """A member with its identity; `skipped` says why it is not read, by the name that the summary has for it."""

    ref: ObjectRef
    member: Member
    skipped: str | None = None


def member_objects(
    archive: ObjectRef, members: Iterator[Member | Fault], most: int, excluded: re.Pattern[str] | None
) -> Iterator[MemberObject | Fault]:
    """The members of an archive as objects, and a fault where there are more than `most`.

    A member is `<archive>!/<name>`, as Java and others write it. A name that stands again is `<archive>!2/<name>`, then
    `!3/`: an object of its own, with the identity of the first, since it is a later version of the same file: records
    that both have, in the same place, get the same ids. Remembers the names, and nothing else.
    """
    seen: Counter[str] = Counter()
    for number, member in enumerate(members):
        if isinstance(member, Fault):
            yield member
            return
        if number == most:
            yield Fault(
                code=Code.TOO_MANY_MEMBERS,
                level=Level.OBJECT,
                detail=f"the archive has more than {most:,} members; those behind them were not read",
            )
            return
        name = _name(member.name)
        seen[name] += 1
        ref = _ref(archive, name, seen[name], member)
        yield MemberObject(ref, member, _reason(ref, member, excluded))


def _ref(archive: ObjectRef, name: str, time: int, member: Member) -> ObjectRef:
    identity = archive.uri if archive.linked is None else archive.linked
    uri = f"{archive.uri}!{'' if time == 1 else time}/{name}"
    first = f"{identity}!/{name}"
    return ObjectRef(
        uri=uri,
        root=archive.root,
        version=f"{archive.version}!{member.version}",
        size=member.size,
        modified_ms=archive.modified_ms,
        linked=None if uri == first else first,
    )


def _name(name: str) -> str:
    r"""The name without what no text can hold or show: NUL is shown as `\x00`, and an end that is too far is cut."""
    name = name.replace("\0", r"\x00")
    if len(name) <= NAME_CHARACTERS:
        return name
    digest = blake2b(name.encode(), digest_size=16).hexdigest()
    return f"{name[:NAME_CHARACTERS]}~{digest}"


def _reason(ref: ObjectRef, member: Member, excluded: re.Pattern[str] | None) -> str | None:
    """Why the member is not read, in the words and the order of the listing."""
    if member.link:
        return "linked"
    if not member.size and member.refused is None:
        return "marker"
    if excluded is not None and excluded.fullmatch(ref.uri):
        return "excluded"
    return "resource_fork" if _RESOURCE_FORKS.fullmatch(member.name) else None
