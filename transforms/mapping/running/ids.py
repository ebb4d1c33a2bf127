"""Event ids: a record's own or a derived one, and how the several events of a record are told apart.

An id never depends on the run, the attempt, the machine or how an object was split.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from transforms.columns.digests import Parts, hex_digests
from transforms.mapping import kernels
from transforms.mapping.kernels import Mask, Rows
from transforms.model.records import Provenance


@dataclass(frozen=True, slots=True)
class RecordIds:
    """One id a record (or an event), and which of them are derived."""

    texts: pa.Array
    derived: Mask


def record_ids(given: pa.Array, rows: Rows, provenance: Provenance) -> RecordIds:
    """The records' own ids, and derived ones where those are null or blank.

    Args:
        given: the ids as the records have them.
        rows: the records' places in the provenance, ascending; a record may stand there more than once.
        provenance: of the chunk.
    """
    absent = kernels.missing(given) | kernels.blank(given)
    lacking = np.flatnonzero(absent)
    if not len(lacking):
        return RecordIds(given, absent)
    derived = _derived_once(rows[lacking], provenance)
    if len(lacking) == len(rows):
        return RecordIds(derived, absent)
    return RecordIds(pc.replace_with_mask(given, pa.array(absent), derived), absent)


def _derived_once(rows: Rows, provenance: Provenance) -> pa.Array:
    """As `derived_ids`; a record's bytes are hashed once however often it stands in the rows."""
    new = np.concatenate((np.ones(1, np.bool_), np.diff(rows) > 0))
    if new.all():
        return derived_ids(rows, provenance)
    return derived_ids(rows[new], provenance).take(pa.array(np.cumsum(new) - 1))


def derived_ids(rows: Rows, provenance: Provenance) -> pa.Array:
    """An id for each of these rows (ascending): `<object digest>-<offset>-<xxh3 of the record's bytes>`.

    The object part is `ObjectRef.digest`; the hash is xxh3 of 64 bits in 16 hex digits
    (https://github.com/Cyan4973/xxHash). A row of a table has what tells its object's content instead of a hash.
    """
    places = provenance.places
    offsets = places.column("offset").to_numpy()[rows]
    lengths = places.column("length").to_numpy()[rows]
    objects = pa.array([ref.digest for ref in provenance.objects], pa.string())
    prefixes = objects.take(pa.array(places.column("object").to_numpy()[rows]))
    hashes = _hashes(rows, offsets, lengths, provenance)
    return pc.binary_join_element_wise(prefixes, pa.array(offsets).cast(pa.string()), hashes, "-")


def marked_ids(ids: RecordIds, marked: Mask, ordinals: Rows, meters: pa.Array) -> pa.Array:
    """The ids of events, place and meter added to those that are marked.

    Behind a record's own id as `#<ordinal>-<meter>`, behind a derived one as `-<ordinal>-<meter>`.

    Args:
        ids: of the events' records, one an event.
        marked: which events share their record's id.
        ordinals: of the events.
        meters: of the events.
    """
    if not marked.any():
        return ids.texts
    marks = pa.array(["#", "-"]).take(pa.array(ids.derived.astype(np.int8)))
    places = pa.array(ordinals).cast(pa.string())
    longer = pc.binary_join_element_wise(ids.texts, marks, places, "-", meters, "")
    return longer if marked.all() else pc.if_else(pa.array(marked), longer, ids.texts)


def _hashes(rows: Rows, offsets: Rows, lengths: Rows, provenance: Provenance) -> pa.Array:
    """xxh3 of the bytes of each row's record, block after block; the version of the object where it is a table."""
    bounds = np.searchsorted(rows, (0, *accumulate(block.rows for block in provenance.blocks))).tolist()
    columns: list[pa.Array] = []
    parts: list[Parts] = []
    for block, first, end in zip(provenance.blocks, bounds, bounds[1:], strict=False):
        if first < end and block.table is None:
            starts = block.positions(offsets[first:end])
            parts.append((block.data, starts, starts + lengths[first:end]))
        elif first < end:
            columns += [hex_digests(parts, 64), pa.repeat(pa.scalar(block.version), end - first)]
            parts = []
    columns.append(hex_digests(parts, 64))
    return columns[0] if len(columns) == 1 else pa.concat_arrays(columns)
