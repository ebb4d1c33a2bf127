"""Reason files are complete, written once, and their commands work."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from transforms.dead_letter.digests import ObjectReport, digests_of, merge
from transforms.dead_letter.places import RejectedPlace
from transforms.dead_letter.raw_records import write_raw_records
from transforms.dead_letter.reason_files import reason_text, write_reason_file
from transforms.model.accounts import Account, ChunkId
from transforms.model.objects import ObjectRef
from transforms.model.rejections import Code, Level, Place, Rejection

REF = ObjectRef(
    uri="s3://in/2026/a b.json", root="s3://in/", version="etag-1", size=1_234_567, modified_ms=1785542412000
)
PLACE = RejectedPlace(rejected=None, run="run-1", date="2026-08-02", roots=("s3://in/",))


class MemoryStore:
    """What of a store a reason file needs, in a dict."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def read(self, uri: str) -> bytes:
        """The object's bytes."""
        return self.objects[uri]

    def put(self, uri: str, data: bytes) -> None:
        """Write or replace."""
        self.objects[uri] = data

    def put_if_absent(self, uri: str, data: bytes) -> bool:
        """Write unless something is there."""
        return self.objects.setdefault(uri, data) is data


def rejection(
    code: Code,
    level: Level = Level.RECORD,
    offset: int | None = 0,
    raw: bytes | None = b"{",
    header: bytes | None = None,
) -> Rejection:
    """A rejection of something in `REF`."""
    place = None if offset is None else Place(offset=offset, length=len(raw or b""), record=17, line=18)
    return Rejection(
        code=code,
        level=level,
        object=REF,
        place=place,
        field="customerId",
        detail="it is wrong",
        raw=raw,
        header=header,
    )


def report(*rejections: Rejection, chunks: int = 1, place: RejectedPlace = PLACE) -> ObjectReport:
    """The report of chunks that all refuse the same."""
    accounts = (Account(chunk=ChunkId(pack="p", index=index, last=False)).plus(rejections) for index in range(chunks))
    return merge(digest for account in accounts for digest in digests_of(account, place))


def test_the_text_says_what_where_and_why() -> None:
    """Identity, totals with their meaning, the place of each example, and the raw file."""
    text = reason_text(report(rejection(Code.MISSING_FIELD), rejection(Code.MISSING_FIELD, offset=4211)), "run-1")

    assert text.startswith("2 records of this object were not sent.\n")
    for line in (
        "Object    s3://in/2026/a b.json",
        "Version   etag-1",
        "Size      1,234,567 bytes",
        "Modified  2026-08-01 00:00:12 UTC",
        "Run       run-1",
        "  MISSING_FIELD  2  A required field is absent or null.",
        "                    docs/reasons.md#missing_field",
        "   2. record 17, line 18, offset 4211: MISSING_FIELD, field customerId",
        "      it is wrong",
        "      > {",
        "  s3://in/failed-requests/2026-08-02/_raw/run-1/p-00000.ndjson.gz",
    ):
        assert line in text.splitlines()


@pytest.mark.parametrize(
    ("rejections", "headline"),
    [
        ([rejection(Code.WRONG_TYPE)], "1 record of this object was not sent."),
        (
            [rejection(Code.WRONG_TYPE), rejection(Code.SINK_REFUSED, Level.EVENT)],
            "1 record and 1 event of this object were not sent.",
        ),
        (
            [rejection(Code.UNKNOWN_FORMAT, Level.OBJECT, None, None)],
            "Nothing of this object was read.",
        ),
        (
            [rejection(Code.BAD_HEADER, Level.OBJECT, 3, None)],  # behind a byte order mark
            "Nothing of this object was read.",
        ),
        (
            [rejection(Code.CORRUPT_COMPRESSION, Level.OBJECT, 0, None)],
            "Nothing of this object was read.",
        ),
        (
            [rejection(Code.CORRUPT_COMPRESSION, Level.OBJECT, 9, None)],
            "This object could not be read to its end.",
        ),
        (
            [rejection(Code.BROKEN_ARRAY, Level.OBJECT, 9, None), rejection(Code.WRONG_TYPE)],
            "This object could not be read to its end, and 1 record of it was not sent.",
        ),
    ],
)
def test_the_headline_says_what_was_lost(rejections: list[Rejection], headline: str) -> None:
    """The first line is enough to know how bad it is."""
    assert reason_text(report(*rejections), "run-1").splitlines()[0] == headline


def test_a_rejected_object_needs_no_extraction() -> None:
    """There are no records to take out of raw files, so no command pretends that there are."""
    text = reason_text(report(rejection(Code.BROKEN_ARRAY, Level.OBJECT, 9, None)), "run-1")

    assert "   1. everything from record 17, line 18, offset 9: BROKEN_ARRAY" in text
    assert "uploaded again" in text
    assert "THE REJECTED RECORDS" not in text
    assert "jq" not in text


@pytest.mark.parametrize(
    ("refused", "where"),
    [
        (rejection(Code.UNKNOWN_FORMAT, Level.OBJECT, None, None), "the whole object: UNKNOWN_FORMAT"),
        (rejection(Code.BAD_HEADER, Level.OBJECT, 3, None), "the whole object, line 18: BAD_HEADER"),
        (rejection(Code.CORRUPT_COMPRESSION, Level.OBJECT, 0, None), "the whole object: CORRUPT_COMPRESSION"),
    ],
)
def test_an_object_of_which_nothing_was_read_is_meant_whole(refused: Rejection, where: str) -> None:
    """No place inside it, and no word of other records that would be unaffected."""
    text = reason_text(report(refused), "run-1")

    assert f"   1. {where}, field customerId\n" in text
    assert "other records" not in text


@pytest.mark.parametrize(
    ("key", "glob"),
    [
        ("x/diagram.png", "'*.png'"),
        ("x/a b.PNG", "'*.PNG'"),
        ("x/part.json", "part.json"),  # other objects of this extension are usage data
        ("x/README", "README"),
        ("x/.hidden", ".hidden"),
        ("x/[1] a", r"'\[1\] a'"),
        ("x.zip!/notes/read me.md", "'*.md'"),
        ("x.zip!/in.zip", "in.zip"),  # nor may an archive in an archive cost all archives
    ],
)
def test_an_unknown_object_can_be_left_out(key: str, glob: str) -> None:
    """The option is ready to be pasted and leaves no usage data out; nobody is told to repair a picture."""
    refused = rejection(Code.UNKNOWN_FORMAT, Level.OBJECT, None, None)
    text = reason_text(report(structs.replace(refused, object=replace(REF, uri=f"s3://in/{key}"))), "run-1")

    assert f"leave it out: --exclude {glob}\n" in text
    assert "--format" in text
    assert "uploaded again" not in text


def test_an_envelope_without_its_records_is_told_of_the_path() -> None:
    """Nobody is told to repair what may only be looked at in the wrong place."""
    text = reason_text(report(rejection(Code.BAD_ENVELOPE, Level.OBJECT, None, None)), "run-1")

    assert "--json-path Records" in text
    assert "uploaded again" not in text


def test_refused_events_warn_of_sending_twice() -> None:
    """Whoever feeds a record back must know that a part of it may have been sent."""
    assert "counted twice" in reason_text(report(rejection(Code.SINK_REFUSED, Level.EVENT)), "run-1")
    assert "counted twice" not in reason_text(report(rejection(Code.MISSING_FIELD)), "run-1")


def test_many_raw_files_are_named_in_short() -> None:
    """A huge object's file stays readable, and its command takes the whole folder."""
    text = reason_text(report(rejection(Code.MISSING_FIELD), chunks=30), "run-1")

    assert text.count("_raw/run-1/p-") == 20
    assert "… and 10 more in the same folder" in text
    assert "aws s3 cp --recursive s3://in/failed-requests/2026-08-02/_raw/run-1/ raw/" in text


def test_one_run_writes_one_file() -> None:
    """A retry finds its own file and leaves it."""
    store, content = MemoryStore(), report(rejection(Code.MISSING_FIELD))

    uris = [write_reason_file(store, PLACE, content) for _ in range(2)]

    assert uris == ["s3://in/failed-requests/2026-08-02/2026/a b.json.reason.txt"] * 2
    assert store.objects == {uris[0]: reason_text(content, "run-1").encode()}


def test_a_second_run_leaves_the_first_file_alone() -> None:
    """Both runs' reasons are kept, and a retry of the second adds no third file."""
    store, content = MemoryStore(), report(rejection(Code.MISSING_FIELD))
    second = RejectedPlace(rejected=None, run="run-2", date="2026-08-02", roots=("s3://in/",))
    first_uri = write_reason_file(store, PLACE, content)

    uris = [write_reason_file(store, second, content) for _ in range(2)]

    assert uris == ["s3://in/failed-requests/2026-08-02/2026/a b.json.run-2.reason.txt"] * 2
    assert list(store.objects) == [first_uri, uris[0]]
    assert b"run-1" in store.objects[first_uri]


JSON_ROWS = [
    rejection(Code.MISSING_FIELD, raw=b'{"a": "1\\n"}'),
    rejection(Code.WRONG_TYPE, offset=20, raw='{"é": 2}'.encode()),
]


@pytest.mark.skipif(shutil.which("jq") is None, reason="the command under test needs jq")
@pytest.mark.parametrize("chunks", [1, 2])
@pytest.mark.parametrize(
    ("rejections", "expected"),
    [
        (JSON_ROWS, b'{"a": "1\\n"}\n{"\xc3\xa9": 2}\n'),
        # two refused events of one record: the record once
        ([rejection(Code.SINK_REFUSED, Level.EVENT, raw=b"{}")] * 2, b"{}\n"),
        # a row that is useless without its header, and the rest of the object behind it
        (
            [
                rejection(Code.CORRUPT_COMPRESSION, Level.OBJECT, 90, None),
                rejection(Code.COLUMN_COUNT, raw=b'"x\ny",1', header=b"a,b"),
            ],
            b'a,b\n"x\ny",1\n',
        ),
    ],
)
def test_the_command_takes_the_records_out(
    tmp_path: Path, rejections: list[Rejection], expected: bytes, chunks: int
) -> None:
    """The shell command in the file, run as it stands, gives this object's records back as they were."""
    if chunks == 2 and rejections is JSON_ROWS:
        expected *= 2
    place = RejectedPlace(rejected=str(tmp_path / "dead letters"), run="run-1", date="2026-08-02", roots=("s3://in/",))
    foreign = ObjectRef(uri="s3://in/other", root="s3://in/", version="v", size=1, modified_ms=0)
    other = Rejection(code=Code.WRONG_TYPE, level=Level.RECORD, object=foreign, detail="no", raw=b"foreign")
    content = report(*rejections, chunks=chunks, place=place)
    for uri in content.raw_uris:
        Path(uri).parent.mkdir(parents=True, exist_ok=True)
        Path(uri).write_bytes(write_raw_records([other, *rejections], "run-1"))
    lines = reason_text(content, "run-1").splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip().startswith("cat "))

    subprocess.run(["sh", "-c", "\n".join(lines[start : start + 2])], cwd=tmp_path, check=True)

    (result,) = tmp_path.glob(f"rejected-{REF.digest}.*")
    assert result.read_bytes() == expected
    assert result.suffix == (".csv" if content.header else ".ndjson")


def test_raw_rows_name_the_object_as_the_command_does() -> None:
    """The command filters by the URI that the rows carry, also where the name is not UTF-8."""
    odd = ObjectRef(uri="/in/caf\udce9", root="/in/", version="1", size=1, modified_ms=0)
    refused = Rejection(code=Code.WRONG_TYPE, level=Level.RECORD, object=odd, detail="no", raw=b"{")
    (digest,) = digests_of(Account(chunk=ChunkId(pack="p", index=0, last=True)).plus([refused]), PLACE)
    text = reason_text(merge([digest]), "run-1")

    assert r"--arg object '/in/caf\udce9'" in text
    text.encode()
