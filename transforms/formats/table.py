"""The formats there are. A new one is one module and one line here; the conformance suite then tests it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from types import MappingProxyType

from transforms.formats.avro.format import AvroFormat
from transforms.formats.compression.table import without_extension
from transforms.formats.delimited.format import DelimitedFormat
from transforms.formats.format import FileFormat, Format
from transforms.formats.json.array import JsonArrayFormat
from transforms.formats.json.envelope import JsonEnvelopeFormat
from transforms.formats.json.lines_format import JsonLinesFormat
from transforms.formats.json.object import JsonObjectFormat
from transforms.formats.json.stream import JsonStreamFormat
from transforms.formats.parquet.format import ParquetFormat
from transforms.formats.text_settings import TextSettings

_ALL: tuple[Format, ...] = (
    JsonLinesFormat(),
    JsonStreamFormat(),
    JsonArrayFormat(),
    JsonEnvelopeFormat(),
    JsonObjectFormat(),
    DelimitedFormat(),
    AvroFormat(),
)

_ALL_FILES: tuple[FileFormat, ...] = (ParquetFormat(),)

FORMATS: Mapping[str, Format] = MappingProxyType({each.name: each for each in _ALL})
"""Every format that is read from start to end, by the name that `--format` and `Span.format` use."""

FILE_FORMATS: Mapping[str, FileFormat] = MappingProxyType({each.name: each for each in _ALL_FILES})
"""Every format that is read here and there."""

FORMAT_NAMES = (*FORMATS, *FILE_FORMATS)
"""Of all of them."""

_EACH: tuple[Format | FileFormat, ...] = (*_ALL, *_ALL_FILES)

_BY_EXTENSION = {extension: each.name for each in _EACH for extension in each.extensions}


def format_of(name: str, settings: TextSettings, keys: AbstractSet[str] = frozenset()) -> Format:
    """The format of this name, as the settings have it; `keys` are those of records that are read, `Plan.keys`."""
    if name == DelimitedFormat.name:
        return DelimitedFormat(settings)
    return JsonEnvelopeFormat(settings.json_path, keys) if name == JsonEnvelopeFormat.name else FORMATS[name]


def is_splittable(name: str, settings: TextSettings) -> bool:
    """Whether a plain object of this format may be read in pieces."""
    return FILE_FORMATS[name].splittable if name in FILE_FORMATS else format_of(name, settings).splittable


def format_by_extension(key: str) -> str | None:
    """The name of the format that the key's extension stands for, that of a codec behind it passed over."""
    stem, dot, extension = without_extension(key).rpartition(".")
    return _BY_EXTENSION.get(extension.lower()) if dot and stem else None
