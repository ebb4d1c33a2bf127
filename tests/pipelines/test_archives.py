"""Archives the whole way: members in the events, in the summary, and in reason files named after them."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

from tests.pipelines.running import Ran, events_in, files_below, ingest, laws_hold, rows_in

LINE = '{{"customerId": "{0}", "meterApiName": "m", "meterValue": {1}, "meterTimeInMillis": 1795132800000}}\n'


def line(customer: str, value: object = 1) -> bytes:
    """A record of the default schema."""
    return LINE.format(customer, value).encode()


def plant(folder: Path) -> None:
    """A ZIP archive and a tar of files good and bad."""
    folder.mkdir()
    with zipfile.ZipFile(folder / "august.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hours/", b"")
        archive.writestr("hours/01.json", line("a") + line("b", '"much"') + line("c"))
        archive.writestr(
            "hours/02.csv.gz", gzip.compress(b"customerId,meterApiName,meterValue,meterTimeInMillis\nd,m,1,1\n")
        )
        archive.writestr("../../../up.json", b"no json\n" + line("e"))
        archive.writestr("__MACOSX/._01.json", b"\0\x05\x16\x07")
        archive.writestr("README.md", b"what this is\n")
    with tarfile.open(folder / "night.tgz", "w:gz") as night:
        for name, content in (
            ("a.json", line("f")),
            ("a.json", line("f") + line("g") + b"oops\n"),
            ("x.zip", b"PK\3\4"),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            night.addfile(info, io.BytesIO(content))


def run(tmp_path: Path, *arguments: object) -> Ran:
    """Read the planted folder."""
    if not (tmp_path / "in").exists():
        plant(tmp_path / "in")
    place = tmp_path / f"run{len(list(tmp_path.iterdir()))}"
    return ingest(place, tmp_path / "in", "--to", place / "out", "--rejected", place / "dead", *arguments)


def test_members_are_objects(tmp_path: Path) -> None:
    """Every good record is sent, every member is counted, and each bad one has a reason file of its own."""
    ran = run(tmp_path, "--workers", 1)
    place = next(tmp_path.glob("run*"))
    date, summary = ran.summary["started"][:10], ran.summary

    assert ran.code == 0, ran.err
    assert {event[0] for event in events_in(place / "out")} == set("acdefg")
    assert laws_hold(summary)
    assert summary["objects_matched"] == 2 + 5 + 3
    assert (summary["objects_read"], summary["objects_rejected"]) == (7, 2)
    assert summary["skipped_by_reason"] == {"resource_fork": 1}
    assert summary["bytes_read"] == sum(file.stat().st_size for file in (tmp_path / "in").iterdir())
    reasons = [name for name in files_below(place / "dead") if name.endswith(".reason.txt")]
    names = sorted(name.removeprefix(f"failed-requests/{date}/") for name in reasons)
    assert names[0] == "august.zip!/README.md.reason.txt"
    assert names[1].startswith("august.zip!/__/__/__/up.json~")  # a name that leads nowhere else
    assert names[2:] == [
        "august.zip!/hours/01.json.reason.txt",
        "night.tgz!/x.zip.reason.txt",
        "night.tgz!2/a.json.reason.txt",
    ]


def test_what_a_reason_file_says(tmp_path: Path) -> None:
    """The member is named as it is found again, in its headline, in the command, and in the raw records."""
    run(tmp_path, "--workers", 1)
    dead = next(tmp_path.glob("run*")) / "dead"
    (file,) = dead.glob("failed-requests/*/august.zip!/hours/01.json.reason.txt")
    text = file.read_text(encoding="utf-8")
    uri = f"{tmp_path}/in/august.zip!/hours/01.json"

    assert f"Object    {uri}\n" in text
    assert "record 2, line 2" in text
    assert f"--arg object '{uri}'" in text
    assert uri in {row["object"] for row in rows_in(dead)}
    (office,) = dead.glob("failed-requests/*/august.zip!/README.md.reason.txt")
    assert "--exclude '*.md'" in office.read_text(encoding="utf-8")


def test_ids_of_what_stands_twice(tmp_path: Path) -> None:
    """A record that two versions of a member have in the same place has one id; another one its own."""
    run(tmp_path, "--workers", 1)
    ids = [(event[0], event[4]) for event in events_in(next(tmp_path.glob("run*")) / "out").elements()]
    of_f = [name for customer, name in ids if customer == "f"]

    assert len(of_f) == 2
    assert len(set(of_f)) == 1
    assert len(set(ids)) == len(ids) - 1


def test_exclude_and_limit(tmp_path: Path) -> None:
    """Members are left out by the same globs as objects, and there are no more of them than allowed."""
    ran = run(tmp_path, "--workers", 1, "--exclude", "*.md", "--exclude", "night.tgz", "--max-archive-members", 5)

    assert ran.summary["skipped_by_reason"] == {"excluded": 2, "resource_fork": 1}
    assert ran.summary["rejections_by_code"] == {"INVALID_JSON": 1, "WRONG_TYPE": 1}
    assert laws_hold(ran.summary)
    few = run(tmp_path, "--workers", 1, "--exclude", "night.tgz", "--max-archive-members", 1)
    assert few.summary["rejections_by_code"] == {"TOO_MANY_MEMBERS": 1, "WRONG_TYPE": 1}
    assert (few.summary["objects_matched"], few.summary["objects_rejected"]) == (3, 1)
    reasons = [file.read_text(encoding="utf-8") for file in tmp_path.glob("run*/dead/*/*/august.zip.reason.txt")]
    assert any("--max-archive-members" in text for text in reasons)


def test_two_processes_give_the_same(tmp_path: Path) -> None:
    """Accounts of members cross between processes."""
    one, two = run(tmp_path, "--workers", 1), run(tmp_path, "--workers", 2)
    counts = [
        {key: ran.summary[key] for key in ran.summary if key.startswith(("objects", "records"))} for ran in (one, two)
    ]

    assert counts[0] == counts[1]
    assert two.summary["skipped_by_reason"] == {"resource_fork": 1}
