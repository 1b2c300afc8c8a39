"""`syncer match file`: exports as they come."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

from typer.testing import CliRunner

from syncer.cli.main import app

CRM = "Record ID,First Name,Last Name,E-mail,Phone,Company,City,Country,Owner\n" + (
    '007,Zoë,"Brand, Dr.",zoe.brand@gmail.com,+49 170 1234567,Brand GmbH,Köln,Germany,"Kim ""K"" Lo"\n'
    "8,Ali,Rezaei,,+98 912 555 0101,,Tehran,Iran,Sam\n"
    "9,,,,,,,,\n"
)
DESK = (
    "app;id;name;email;phone\ndesk;a1;Zoe Brand;Zoe.Brand+x@googlemail.com;\ndesk;a2;علی رضایی;;۰۹۱۲۵۵۵۰۱۰۱\n"
)


def run(folder: Path, *args: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["match", "file", *args, "--out", str(folder / "out")])
    return done.exit_code, done.output


def test_a_line_separator_inside_a_cell_begins_no_row(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text(
        "id,email,city\n1,ann@x.test,A\u2028B\n2,bo@x.test,C\n", encoding="utf-8"
    )
    assert run(tmp_path, str(tmp_path / "crm.csv"))[0] == 0
    assert sorted(row["id"] for row in clusters(tmp_path)) == ["1", "2"]


def clusters(folder: Path) -> list[dict[str, str]]:
    with (folder / "out/clusters.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_quoted_columns_byte_order_mark_semicolons_and_other_scripts(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text(CRM, encoding="utf-8-sig")
    (tmp_path / "desk.csv").write_text(DESK, encoding="utf-8")
    code, said = run(tmp_path, str(tmp_path / "crm.csv"), str(tmp_path / "desk.csv"))
    assert code == 0, said
    rows = clusters(tmp_path)
    assert [(r["app"], r["id"]) for r in rows] == [
        ("crm", "007"), ("crm", "8"), ("crm", "9"), ("desk", "a1"), ("desk", "a2"),
    ]  # fmt: skip
    group = {(r["app"], r["id"]): r["cluster"] for r in rows}
    assert group["crm", "007"] == group["desk", "a1"] != group["crm", "8"] == group["desk", "a2"]
    assert rows[0]["Owner"] == 'Kim "K" Lo'
    assert list(rows[0]) == ["app", "id", "cluster", "Owner"]
    assert (tmp_path / "out/review.csv").read_text().startswith("app,id,other_app,other_id,score,reasons")


def test_what_is_written_is_for_its_owner_only_and_no_cell_is_a_formula(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text("id,email,note\n=1+1,ann@x.test,=HYPERLINK(1)\n2,bo@x.test,plain\n")
    for _ in range(2):  # made, and written over
        assert run(tmp_path, str(tmp_path / "crm.csv"))[0] == 0
        files = [tmp_path / "out" / name for name in ("clusters.csv", "review.csv")]
        assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
        cells = [(row["id"], row["note"]) for row in clusters(tmp_path)]
        assert cells == [("'=1+1", "'=HYPERLINK(1)"), ("2", "plain")]
        for file in files:
            file.chmod(0o644)


def test_an_old_encoding_and_no_id(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes("name,email\nJosé Peña,jose@pena.example\n".encode("cp1252"))
    assert run(tmp_path, str(tmp_path / "list.csv"))[0] == 0
    assert [(r["app"], r["id"]) for r in clusters(tmp_path)] == [("list", "1")]


def test_a_file_without_anybody_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "prices.csv").write_text("article,price\nTea,3\n")
    assert run(tmp_path, str(tmp_path / "empty.csv"))[0] == 2
    code, said = run(tmp_path, str(tmp_path / "prices.csv"))
    assert code == 2
    assert "no column to match people by" in said
    assert run(tmp_path, str(tmp_path / "missing.csv"))[0] == 2


def test_answers_that_somebody_wrote_into_the_questions_are_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text(CRM)
    assert run(tmp_path, str(tmp_path / "crm.csv"))[0] == 0
    review = tmp_path / "out" / "review.csv"
    review.write_text(
        answered := "app,id,other_app,other_id,score,reasons,same\ncrm,1,desk,a1,0.5,alike,yes\n"
    )
    code, said = run(tmp_path, str(tmp_path / "crm.csv"))
    assert (code, review.read_text()) == (2, answered)
    assert "review.csv is there already, and not as this command leaves it" in " ".join(said.split())
