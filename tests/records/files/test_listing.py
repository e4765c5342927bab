"""What cannot be read as a file says so in one sentence, and is never waited for."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import socket
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

import careflow as cf
from careflow.errors import CountsError, RecordError
from careflow.records import read_episodes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes and sockets among the files")

ENDINGS = ("csv", "csv.gz", "zip", "parquet", "arrow", "xlsx", "sav")
TEXT = "person_id,level,admit_date,discharge_date\na,php,2024-01-01,2024-01-09\n"


@pytest.fixture
def folder():
    """Return a folder of a short name, as sockets need."""
    at = Path(tempfile.mkdtemp())
    yield at
    shutil.rmtree(at)


def refused(source: object, **how: str) -> str:
    with pytest.raises(RecordError) as caught:
        read_episodes(source, cutoff="2024-12-31", **how)  # type: ignore[arg-type]
    assert caught.value.__context__ is None
    return str(caught.value)


@pytest.mark.parametrize("ending", ENDINGS)
def test_pipes_sockets_and_devices_are_no_files(folder: Path, ending: str) -> None:
    pipe, plug, device = folder / f"pipe.{ending}", folder / f"plug.{ending}", folder / f"null.{ending}"
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(plug))
    device.symlink_to(os.devnull)
    sentence = f"pipe.{ending} cannot be read: it is a pipe, which can be read only once; save its content as a file."
    assert refused(pipe) == sentence
    assert refused(plug) == f"plug.{ending} cannot be read: it is a socket, not a file."
    assert refused(device) == f"null.{ending} cannot be read: it is a device, not a file."


def test_a_pipe_among_the_files_of_a_glob_or_a_folder_stops_all(folder: Path) -> None:
    (folder / "a.csv").write_text(TEXT)
    os.mkfifo(folder / "b.csv")
    assert refused(folder / "*.csv").startswith("1 of 2 files cannot be read (1 it is a pipe")
    os.mkfifo(folder / "b.parquet")
    os.mkfifo(folder / "c.parquet")
    assert refused(folder).startswith("2 of 2 files cannot be read (2 it is a pipe")


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_without_the_right_to_read_says_so(folder: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path, opened = folder / f"stays.{ending}", Path.open
    path.write_text(TEXT)

    def refuse(self: Path, *args: object, **how: object) -> object:
        if self == path:  # the rights of a file do not bind the user of a container
            raise PermissionError(13, "Permission denied")
        return opened(self, *args, **how)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    assert refused(path) == f"stays.{ending} cannot be read: permission denied."


def test_a_checksum_that_is_a_folder_or_a_pipe_is_no_checksum(folder: Path) -> None:
    (folder / "a.csv").write_text(TEXT)
    os.mkfifo(folder / "a.csv.sha256")
    assert read_episodes(folder / "a.csv", cutoff="2024-12-31").n == 1


def test_the_root_of_the_file_system_is_no_folder_of_records() -> None:
    assert refused("/") == "/ is the root of the file system; name the folder of the records."


@pytest.mark.parametrize("where", ["missing", "file"])
def test_a_folder_for_temporary_files_that_cannot_be_used_says_so(
    folder: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text(TEXT)
    (folder / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(folder / where))
    sentence = refused(folder / "a.csv")
    assert sentence.startswith("the folder for temporary files cannot be written: no")
    assert sentence.endswith("Free some space, or set the environment variable TMPDIR to another folder.")


@pytest.mark.parametrize(("name", "how"), [("a.csv.gz", {}), ("a.zip", {}), ("a.csv", {"encoding": "cp1252"})])
def test_a_full_folder_for_temporary_files_is_no_damaged_file(
    folder: Path, name: str, how: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.csv").write_text(TEXT)
    (folder / "a.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("a.csv", TEXT)
    opened = Path.open

    class Full(io.FileIO):
        def write(self, content: object) -> int:
            raise OSError(28, "No space left on device")

    def open_full(self: Path, mode: str = "r", *args: object, **how: object) -> object:
        return Full(self, "a") if mode in {"ab", "wb", "w"} else opened(self, mode, *args, **how)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", open_full)
    assert refused(folder / name, **how) == (
        "the folder for temporary files cannot be written: no space left on device. Free some space, or set the "
        "environment variable TMPDIR to another folder."
    )


def test_a_link_that_leads_to_itself_is_no_file(folder: Path) -> None:
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    assert refused(folder / "loop.csv") == "there is no file loop.csv."
    assert refused(folder / "*.csv") == "1 of 1 files of the pattern are broken links."


def test_saved_counts_results_and_fhir_files_that_are_pipes_are_no_files(folder: Path) -> None:
    os.mkfifo(folder / "Encounter.ndjson")
    for load in (cf.Counts.load, cf.load):
        with pytest.raises(CountsError, match=r"^Encounter\.ndjson cannot be read: it is a pipe"):
            load(folder / "Encounter.ndjson")
    assert refused(cf.sources.fhir(folder)).startswith("Encounter.ndjson cannot be read: it is a pipe")
