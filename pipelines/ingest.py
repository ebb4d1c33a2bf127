"""The ingest pipeline: usage files to acknowledged metering events and reason files.

    MatchObjects → ParseObjects → MapToEvents → SendEvents → WriteDeadLetters → WriteReasonFiles

The steps up to WriteDeadLetters fuse into one stage in which chunks of records stream; packs of objects are the unit
of parallelism, and only they, and the small digests of what was refused, ever cross a shuffle.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

import apache_beam as beam

from pipelines.preparation import Prepared
from transforms.gather_tallies import GatherTallies
from transforms.map_events import MapToEvents
from transforms.match_objects import MatchObjects
from transforms.model.accounts import Tally
from transforms.model.objects import Pack
from transforms.model.receipts import Receipt
from transforms.parse_objects import ParseObjects
from transforms.send_events import SendEvents
from transforms.write_dead_letters import WriteDeadLetters
from transforms.write_reasons import WriteReasonFiles


class Outputs(NamedTuple):
    """What the graph ends in: a receipt a chunk, the reason files' URIs, and the tallies of everything."""

    receipts: beam.PCollection[Receipt]
    reason_files: beam.PCollection[str]
    tallies: beam.PCollection[Tally]


def build(pipeline: beam.Pipeline, prepared: Prepared, packs: Sequence[Pack] | None = None) -> Outputs:
    """Compose the graph.

    Args:
        pipeline: an empty pipeline.
        prepared: the checked run.
        packs: what to read, where the driver has listed it already; None lists in the graph.
    """
    job = prepared.job
    if packs is None:
        matched = pipeline | MatchObjects(
            prepared.selection, prepared.packing, job.storage, prepared.folder, spread=not job.local
        )
        found, listed = matched.packs, matched.tallies
    else:
        spread = prepared.workers > 1  # alone, everything behind the packs is one stage, in which chunks stream
        found, listed = pipeline | "Packs" >> beam.Create(packs, reshuffle=spread).with_output_types(Pack), None

    reading = job.reading(prepared.selection.left_out)
    records = found | ParseObjects(job.mapping.plan, job.storage, reading, prepared.folder)
    events = records | MapToEvents(job.mapping)
    receipts = events | SendEvents(job.sink, prepared.sink, job.storage, prepared.folder)
    settled = receipts | WriteDeadLetters(prepared.dead_letters, job.storage, job.max_rejected, prepared.folder)
    reason_files = settled.digests | WriteReasonFiles(prepared.dead_letters, job.storage, prepared.folder)

    tallies = settled.tallies
    if listed is not None:
        tallies = (listed, settled.tallies) | beam.Flatten()
    if prepared.tallies_uri is not None:
        tallies | GatherTallies(prepared.tallies_uri, job.storage)
    return Outputs(receipts, reason_files, tallies)


def run(argv: Sequence[str] | None = None) -> int:
    """`meterbeam ingest` with these arguments; returns the exit code."""
    from pipelines import cli

    return cli.run(["ingest", *(sys.argv[1:] if argv is None else argv)])


if __name__ == "__main__":
    sys.exit(run())
