"""Files of the site as they are collected: each is compressed once, for its name says what is in it."""

import os
from collections.abc import Iterable, Iterator
from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class CompressedOnceStorage(CompressedManifestStaticFilesStorage):
    """Whitenoise's storage, which compresses all files at every start, also under names that no page asks for."""

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages ask for, named by a digest of what is in it, unless an earlier start has done it."""
        asked_for = set(self.hashed_files.values())
        new = [path for path in paths if path in asked_for and not self.exists(f"{path}.gz")]  # .gz is written last
        yield from super().compress_files(new)

    def create_compressor(self, **given: Any) -> Compressor:
        return _WholeCompressor(**given)


class _WholeCompressor(Compressor):
    def write_data(self, path: str, data: bytes, suffix: str, stat_result: os.stat_result) -> str:
        """Write it under another name first: what an earlier start left is whole, even where that start was killed."""
        written = super().write_data(path, data, f"{suffix}.new", stat_result)
        os.replace(written, path + suffix)
        return path + suffix
