import pickle

import pyarrow as pa
from apache_beam import coders as beam_coders

from transforms import coders
from transforms.model.accounts import Account, ChunkId, Counts, Outcome, SpanReport, Tally, Unread
from transforms.model.events import EVENT_COLUMNS, EVENTS, EventChunk
from transforms.model.objects import Header, ObjectRef, Pack, Span
from transforms.model.receipts import Receipt
from transforms.model.records import PLACES, Block, Provenance, RecordChunk
from transforms.model.rejections import Code, Level, Place, Rejection

REF = ObjectRef(uri="s3://b/ü key//x", root="s3://b/", version="abc", size=10, modified_ms=5)
HEADER = Header(raw=b"a;\xff", names=("a", "ü"), delimiter=";")
REJECTION = Rejection(
    code=Code.WRONG_TYPE,
    level=Level.RECORD,
    object=REF,
    place=Place(offset=3, length=4, record=1, line=2),
    field="a.b",
    detail="no",
    raw=b"\xff{}",
)
ACCOUNT = Account(
    chunk=ChunkId(pack="0123456789abcdef", index=3, last=True, part=1, parts=2),
    counts=Counts(records_read=2, records_mapped=1),
    rejections=(REJECTION,),
    unread=(Unread(object=REF, detail="gone"),),
    spans=(SpanReport(object=REF, start=0, outcome=Outcome.READ, records=1, lines=2),),
)
PLACE_ROW = pa.RecordBatch.from_pylist([{"object": 0, "offset": 3, "length": 2, "record": 1, "line": None}], PLACES)
PROVENANCE = Provenance(
    objects=(REF,), places=PLACE_ROW, blocks=(Block(object=0, offset=0, data=b"xxx{}\n", rows=1, header=b"a,b"),)
)
EVENT = {
    "customerId": "c",
    "meterApiName": "m",
    "meterValue": 1.5,
    "meterTimeInMillis": 7,
    "uniqueId": "u",
    "dimensions": [("k", "v")],
}


def test_every_element_comes_back_equal() -> None:
    """What crosses to another worker is what was sent, raw bytes and Arrow batches included."""
    columns = pa.RecordBatch.from_pydict({"customerId": pa.array(["c"])})
    events = pa.RecordBatch.from_pylist([EVENT | {"row": 0, "ordinal": 0}], EVENT_COLUMNS)
    elements = [
        Pack(spans=(Span(object=REF), Span(object=REF, start=5, end=9, format="csv", header=HEADER))),
        RecordChunk(columns=columns, provenance=PROVENANCE, account=ACCOUNT),
        EventChunk(events=events, provenance=PROVENANCE, account=ACCOUNT),
        Receipt(account=ACCOUNT, undelivered=events.select(EVENTS.names), detail="timeout"),
        Tally(id="x", counts=Counts(objects_read=1), rejections_by_code={"A": 1}, unread=ACCOUNT.unread),
    ]

    for element in elements:
        coder = beam_coders.registry.get_coder(type(element))
        assert isinstance(coder, coders.ModelCoder)
        assert coder.decode(coder.encode(element)) == element


def test_a_decoded_chunk_still_quotes_its_records() -> None:
    """Provenance works behind a shuffle as before it."""
    coder = coders.ModelCoder(Provenance)

    decoded = coder.decode(coder.encode(PROVENANCE))

    assert decoded.reject(0, Code.MISSING_FIELD, "x").raw == b"{}"


def test_a_slice_does_not_carry_its_parent() -> None:
    """The encoded size is that of the rows in the slice, not of the batch it was cut from."""
    parent = pa.RecordBatch.from_pydict({"text": pa.array(["x" * 100] * 10_000)})
    coder = coders.ModelCoder(RecordChunk)

    encoded = coder.encode(RecordChunk(columns=parent.slice(0, 10), provenance=PROVENANCE, account=ACCOUNT))

    assert len(encoded) < 10_000


def test_coders_survive_pickling() -> None:
    """Runners ship coders to workers as pickles."""
    coder = beam_coders.registry.get_coder(Pack)

    assert pickle.loads(pickle.dumps(coder)) == coder != coders.ModelCoder(Pack)


def test_packs_are_deflated() -> None:
    """Names that begin alike take a fraction of their bytes."""
    refs = [ObjectRef(uri=f"s3://b/{n:05d}", root="s3://b/", version="e", size=1, modified_ms=1) for n in range(1_000)]
    pack = Pack(spans=tuple(Span(object=ref) for ref in refs))

    assert len(coders.PackCoder(Pack).encode(pack)) < len(coders.ModelCoder(Pack).encode(pack)) / 5
