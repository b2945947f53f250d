"""Collected files are compressed under the names that pages ask for, once, and anew when they have changed."""

import gzip
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

STORAGE = {"BACKEND": "yibao.static_files.CompressedOnceStorage"}


@pytest.fixture
def source(tmp_path: Path, settings) -> Path:
    """A folder with one style sheet, which is collected into another."""
    folder = tmp_path / "source"
    folder.mkdir()
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [folder], tmp_path / "collected"
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STORAGES = settings.STORAGES | {"staticfiles": STORAGE}
    (folder / "site.css").write_text("p { color: black }\n" * 100)
    return folder


def collected() -> Path:
    """Collect, and return the style sheet that a page asks for."""
    call_command("collectstatic", interactive=False, verbosity=0)
    return Path(staticfiles_storage.path(staticfiles_storage.stored_name("site.css")))


def compressed(path: Path, ending: str = ".gz") -> Path:
    return path.with_name(path.name + ending)


def test_what_pages_ask_for_is_compressed_in_two_ways_and_nothing_else_is(source: Path) -> None:
    path = collected()
    assert gzip.decompress(compressed(path).read_bytes()) == path.read_bytes()
    found = {file.name for file in path.parent.iterdir()}
    assert found == {"site.css", "staticfiles.json", path.name, f"{path.name}.br", f"{path.name}.gz"}


def test_the_next_start_compresses_nothing_again(source: Path) -> None:
    path = collected()
    compressed(path).write_bytes(b"as it was")
    assert collected() == path
    assert compressed(path).read_bytes() == b"as it was"


def test_what_has_changed_is_compressed_under_its_new_name(source: Path) -> None:
    before = collected()
    (source / "site.css").write_text("p { color: blue }\n" * 100)
    after = collected()
    assert after != before
    assert gzip.decompress(compressed(after).read_bytes()) == after.read_bytes()


def test_what_a_killed_start_had_not_finished_is_done_by_the_next(source: Path) -> None:
    path = collected()
    compressed(path).rename(compressed(path, ".gz.new"))
    collected()
    assert gzip.decompress(compressed(path).read_bytes()) == path.read_bytes()
