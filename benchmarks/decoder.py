"""The decoder alone: frames of JSON lines in memory to columns, native and in Python, good lines and bad.

python -m benchmarks.decoder [--records N]
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import click
import numpy as np

from benchmarks import data
from benchmarks.cases import MAPPINGS
from pipelines.mappings import DEFAULT, load_mapping
from transforms.formats.format import Decoder, Limits
from transforms.formats.frames import FRAME_BYTES, Frame
from transforms.formats.json.native_decoder import NativeDecoder
from transforms.formats.json.reference_decoder import JsonDecoder, Separator
from transforms.model.plan import Plan
from transforms.native import native

RECORDS = 100_000
PASSES = 5
FRAMES_A_FLUSH = 8
"""About the size of a chunk."""

FORMS = {"ndjson": ("flat", DEFAULT), "calls": ("nested", str(MAPPINGS / "calls.yaml"))}
BAD_EVERY = {0.0: 0, 0.5: 2}
LATIN_E = 0xE9
IN_THE_FIRST_TEXT = 20
"""The position of a byte that stands inside a text in the records of either form."""

Decode = Callable[[Sequence[Frame]], None]
"""Decodes some frames, and flushes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How fast one decoder is on one sort of records.

    Attributes:
        decoder: as the table shows it.
        records_are: flat or nested.
        bad_share: of the records that are refused.
        bytes_each: of a record, on average.
        records_per_cpu_s: in the best of the passes, all threads counted.
    """

    decoder: str
    records_are: str
    bad_share: float
    bytes_each: float
    records_per_cpu_s: float


def speeds(records: int) -> Iterator[Speed]:
    """Every decoder on every sort of records."""
    for form, (shape, mapping) in FORMS.items():
        plan = load_mapping(mapping).plan.without_rest
        lines = [line.encode() for line in data.good_lines(form, records)]
        for share, every in BAD_EVERY.items():
            frames = list(_frames(_spoilt(lines, every)))
            for name, cpu_s in _best(_decoders(plan), frames).items():
                yield Speed(
                    decoder=name,
                    records_are=shape,
                    bad_share=share,
                    bytes_each=sum(len(frame.data) for frame in frames) / records,
                    records_per_cpu_s=records / cpu_s,
                )


def _decoders(plan: Plan) -> dict[str, Decode]:
    """What each of them, kept from chunk to chunk, does with some frames; without the compiled part there is one."""
    limits = Limits()

    def of(decoder: Decoder) -> Decode:
        def whole(frames: Sequence[Frame]) -> None:
            for frame in frames:
                decoder.feed(frame, 0)
            decoder.flush()

        return whole

    reference = {"Python reference": of(JsonDecoder(plan, limits, Separator.LINE))}
    if native is None:
        return reference
    rust = NativeDecoder(plan, limits)._decoder  # as it is planned there

    def alone(frames: Sequence[Frame]) -> None:
        for frame in frames:
            rust.decode(frame.data, frame.starts, frame.lengths)
        rust.take()

    return {
        "native, Rust part alone": alone,
        "native, with places and faults": of(NativeDecoder(plan, limits)),
        **reference,
    }


def _best(decoders: Mapping[str, Decode], frames: Sequence[Frame]) -> dict[str, float]:
    """CPU seconds of each one's quickest pass over all frames; they take turns, so that none has a warmer start."""
    best = dict.fromkeys(decoders, math.inf)
    for _ in range(PASSES):
        for name, decode in decoders.items():
            start = time.process_time()
            for at in range(0, len(frames), FRAMES_A_FLUSH):
                decode(frames[at : at + FRAMES_A_FLUSH])
            best[name] = min(best[name], time.process_time() - start)
    return best


def _spoilt(lines: Sequence[bytes], every: int) -> Sequence[bytes]:
    """The lines, each of these cut off or with a byte that is not UTF-8, by turns."""
    if not every:
        return lines
    spoilt = list(lines)
    for turn, at in enumerate(range(0, len(lines), every)):
        line = lines[at]
        latin = line[:IN_THE_FIRST_TEXT] + bytes([LATIN_E]) + line[IN_THE_FIRST_TEXT + 1 :]
        spoilt[at] = latin if turn % 2 else line[: len(line) // 2] + b"\n"
    return spoilt


def _frames(lines: Sequence[bytes]) -> Iterator[Frame]:
    """As a reader cuts them: whole lines, up to `FRAME_BYTES`."""
    ends = np.cumsum([len(line) for line in lines])
    first = offset = 0
    while first < len(lines):
        last = int(np.searchsorted(ends, offset + FRAME_BYTES, side="right"))
        data_ends = ends[first:last] - offset
        starts = np.concatenate((np.zeros(1, np.int64), data_ends[:-1]))
        numbers = np.arange(first + 1, last + 1)
        yield Frame(
            data=b"".join(lines[first:last]),
            offset=offset,
            starts=starts,
            lengths=(data_ends - 1 - starts).astype(np.int32),
            records=numbers,
            lines=numbers,
        )
        first, offset = last, int(ends[last - 1])


@click.command()
@click.option("--records", default=RECORDS, show_default=True, help="Records of a pass.")
def main(records: int) -> None:
    """Measure the decoders and print the table."""
    from benchmarks.report import print_speeds  # it knows `Speed`

    print_speeds(list(speeds(records)))


if __name__ == "__main__":
    main()
