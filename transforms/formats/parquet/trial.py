"""Footers tried out before they are looked into.

pyarrow's views of a column's metadata end the process where the metadata contradicts itself, since nothing catches
what Parquet's C++ library throws there. Reading catches it. So reading is begun first, of a file without any bytes: if
it comes as far as the bytes, the metadata of these columns can be looked at.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import pyarrow.parquet as pq

from transforms.formats.parquet.footer import BrokenFile, sentence


class FooterTrial:
    """Tries out columns of row groups.

    Args:
        metadata: of the file.
        size: its bytes.
    """

    def __init__(self, metadata: pq.FileMetaData, size: int) -> None:
        self._file = _NoBytes(size)
        self._reader = pq.ParquetFile(self._file, metadata=metadata, buffer_size=1, pre_buffer=False).reader

    def check(self, group: int, leaves: Sequence[int]) -> None:
        """Whether the metadata of these columns can be looked at.

        Raises:
            BrokenFile: it cannot, and why.
        """
        self._file.reached = False
        try:
            next(self._reader.iter_batches(1, [group], column_indices=leaves, use_threads=False), None)
        except Exception as error:  # pyarrow raises anything at all on bad bytes
            if not self._file.reached:
                raise BrokenFile(sentence(error)) from error


class _NoBytes(io.RawIOBase):
    """A file of which no byte can be read; notes whether one was asked for."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._position = 0
        self.reached = False

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = offset + (self._size if whence == io.SEEK_END else 0)
        return self._position

    def read(self, _: int = -1) -> bytes:
        self.reached = True
        raise OSError("there are no bytes")
