"""What the documents name exists, their examples are true, and every promise has a test."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import typer.main
from ruamel.yaml import YAML

from conflicts import own
from connectors import registry
from connectors.contract import Connector
from mappings import rule_words, schema
from mappings.load import load
from mappings.transforms import STEPS
from mappings.types import TYPES, Kind, Phone, Tags
from syncer.cli import reference
from syncer.cli.main import app
from syncer.config.files import load_config
from tests.docs.conflict_examples import played
from tests.fourth import with_lines

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "SECURITY.md")] + sorted(
    ROOT.glob("docs/*.md")
)
NOTES = sorted([*ROOT.glob("connectors/*/README.md"), *ROOT.glob("examples/*/README.md")])
DOCUMENTS = GUIDES + NOTES
PROMISES = (
    "Convergence",
    "Quiescence",
    "No silent loss",
    "No duplicates",
    "Crash-safe",
    "No consent raised",
    "Order does not matter",
    "Explainable",
    "Reversible",
)
# What commands make, or what an app's own folder is said to have; not part of the repository.
MADE = {"config.yaml", "./config.yaml", "demo/", "conflicts/2030-01-31.jsonl", "conftest.py"}
# Where a text that speaks of one folder finds its files.
NEAR = (
    *("syncer", "syncer/store", "connectors/mailerlite"),
    *("examples/syncer-freshdesk", "examples/syncer-freshdesk/syncer_freshdesk"),
)
HOSTS = {
    "127.0.0.1",
    "api.acme.example",
    "api.hubapi.com",
    "domain.freshdesk.com",
    "connect.mailerlite.com",
    "keepachangelog.com",
    "semver.org",
    "subdomain.zendesk.com",
    "www.example.com",
    "example.com",
    "sync.example.com",
    "www.apache.org",
}
ALL_APPS = ["acme", "hubspot", "mailchimp", "mailerlite", "zendesk"]
HEAD = """\
object: contact
apps:
  hubspot: {object: contacts}
  mailerlite: {object: subscribers}
  zendesk: {object: users}
fields:
"""
FENCE = re.compile(r"^( *)```(\w+)(?: +(\w+))?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def fences(*languages: str) -> list[Any]:
    """The fenced examples in these languages: (document, kind, text)."""
    found = []
    for path in DOCUMENTS:
        for n, (indent, language, kind, text) in enumerate(FENCE.findall(path.read_text())):
            if language in languages:
                lines = [line.removeprefix(indent) for line in text.splitlines(keepends=True)]
                found.append(pytest.param(kind, "".join(lines), id=f"{names(path)}-{n}"))
    return found


def spans(path: Path) -> Iterator[str]:
    """Code in running text, and the lines of console examples."""
    text = path.read_text()
    for _, language, _, body in FENCE.findall(text):
        if language == "console":
            yield from (line.removeprefix("$ ") for line in body.splitlines())
    plain = FENCE.sub("", text)
    yield from (line.strip() for line in plain.splitlines() if line.startswith("    make "))
    yield from re.findall(r"`([^`\n]+)`", plain)


@pytest.mark.parametrize("path", GUIDES, ids=names)
def test_commands_and_flags_exist(path: Path) -> None:
    root: Any = typer.main.get_command(app)
    for span in spans(path):
        words = span.partition("#")[0].replace("[", " ").replace("]", " ").split()
        if words[:1] != ["syncer"] or len(words) < 2:
            continue
        command, rest = root, words[1:]
        while rest and hasattr(command, "commands") and not rest[0].startswith("--"):
            spoken = rest.pop(0).split("|")
            assert set(spoken) <= set(command.commands), span
            command = command.commands[spoken[0]]
        known = {flag for param in command.params for flag in param.opts} | {"--help"}
        assert {word for word in rest if word.startswith("--")} <= known, span


@pytest.mark.parametrize("path", GUIDES, ids=names)
def test_make_targets_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {span.split()[1] for span in spans(path) if re.match(r"make [a-z-]+", span)}
    assert named <= targets


@pytest.mark.parametrize("path", DOCUMENTS, ids=names)
def test_files_and_links_exist(path: Path) -> None:
    here = re.compile(r"[\w./-]+(?:\.(?:py|md|yaml|toml|lock)|/)")
    named = {span for span in spans(path) if here.fullmatch(span) and not span.startswith("/")}
    roots = (ROOT, path.parent, *(ROOT / folder for folder in NEAR))
    missing = {name for name in named - MADE if not any((root / name).exists() for root in roots)}
    links = re.findall(r"\]\(([^)#]+)\)", path.read_text())
    missing |= {link for link in links if "://" not in link and not (path.parent / link).exists()}
    assert not missing


@pytest.mark.parametrize("path", [*DOCUMENTS, ROOT / "requirements.lock", ROOT / "LICENSE"], ids=names)
def test_no_other_hosts_are_named(path: Path) -> None:
    hosts = {host.lower() for host in re.findall(r"https?://([\w.-]+\w)", path.read_text())}
    assert hosts <= HOSTS


@pytest.mark.parametrize(("kind", "text"), fences("yaml"))
def test_yaml_examples_are_sound(
    kind: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "apps":
        monkeypatch.setattr(
            registry, "names", lambda: ["acme", "freshdesk", "hubspot", "mailchimp", "mailerlite", "zendesk"]
        )
        config = (ROOT / "config.example.yaml").read_text()
        indented = "".join(f"  {line}" for line in text.splitlines(keepends=True))
        path = tmp_path / "config.yaml"
        path.write_text(with_lines(config, f"apps:\n{indented}"))
        shutil.copytree(
            ROOT / "mappings", tmp_path / "mappings", ignore=shutil.ignore_patterns("*.py", "types")
        )
        assert YAML(typ="safe").load(text).keys() <= load_config(path, {}).apps.keys()
        return
    if kind == "conflict":
        shortest = EntryPoint("shortest", "tests.docs.conflict_examples:shortest", own.GROUP)
        monkeypatch.setattr(own, "entry_points", lambda group: [shortest])
        own.own_rule.cache_clear()
        wins, said = played(text, tmp_path)
        assert wins == said
        return
    if kind == "addition":
        whole_file = (ROOT / "mappings" / "contacts.yaml").read_text()
        path = tmp_path / "mapping.yaml"
        path.write_text(with_lines(whole_file, text))
        assert "mailchimp" in load(path, None).apps
        return
    assert kind in ("mapping", "fields"), "say after ```yaml what it is an example of"
    path = tmp_path / "mapping.yaml"
    whole = (
        text if kind == "mapping" else HEAD + "".join(f"  {line}" for line in text.splitlines(keepends=True))
    )
    path.write_text(whole)
    assert load(path, None).fields


@pytest.mark.parametrize(("kind", "text"), fences("python"))
def test_python_examples_run(kind: str, text: str, tmp_path: Path) -> None:
    if kind == "freshdesk":
        shown = {line.strip() for line in text.splitlines()}
        package = ROOT / "examples/syncer-freshdesk/syncer_freshdesk"
        assert shown <= {
            line.strip() for file in package.glob("*.py") for line in file.read_text().splitlines()
        }
        return
    if kind == "rule":
        source = (ROOT / "tests/docs/conflict_examples.py").read_text()
        assert text[text.index("def ") :] in source
        return
    if kind != "test":
        ast.parse(text)
        return
    path = tmp_path / "test_example.py"
    path.write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("kind", "text"), fences("toml"))
def test_toml_examples_name_the_entry_point_group(kind: str, text: str) -> None:
    group = own.GROUP if kind == "rules" else registry.GROUP
    assert group in tomllib.loads(text)["project"]["entry-points"]


def test_config_example_is_sound() -> None:
    assert load_config(ROOT / "config.example.yaml", {}).syncs


def rows(path: Path, first: str) -> list[list[str]]:
    """The rows of the table whose first heading this is."""
    lines = path.read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} |")) + 2
    found = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def test_every_promise_has_a_test_that_exists() -> None:
    table = {row[0].strip("*"): row[-1] for row in rows(ROOT / "README.md", "promise")}
    assert set(PROMISES) <= set(table)
    for promise, shown in table.items():
        tests = re.findall(r"`([^`]+)::(\w+)`", shown)
        assert tests, promise
        for file, function in tests:
            assert f"def {function}(" in (ROOT / file).read_text(), (promise, file, function)


def kind_of(name: str) -> Kind:
    if name == "phone":
        return Phone(("ID", "IR", "US", "GB", "DE"))
    return Tags(("vip", "partner")) if name == "tags" else TYPES[name]()


@pytest.mark.parametrize("path", NOTES, ids=names)
def test_every_trap_names_a_test_that_exists(path: Path) -> None:
    known = {
        name
        for folder in ("tests", "connectors/contract_suite", "examples")
        for file in (ROOT / folder).glob("**/*.py")
        for name in re.findall(r"def (test_\w+)\(", file.read_text())
    }
    if "| trap |" in path.read_text():
        for row in rows(path, "trap"):
            tests = set(re.findall(r"`(test_\w+)`", row[-1]))
            assert tests, row
            assert tests <= known, row


@pytest.mark.parametrize("app", ["hubspot", "mailchimp", "mailerlite", "zendesk"])
def test_each_page_states_the_calls_of_every_kind_of_work(app: str) -> None:
    works = [row[0] for row in rows(ROOT / "connectors" / app / "README.md", "what")]
    for words in ("read|scan", "poll|scan", "fetch", "find", "create", "update", "references"):
        assert any(re.search(words, work) for work in works), words


@pytest.mark.parametrize("row", rows(ROOT / "docs" / "mappings.md", "type"), ids=lambda row: row[0])
def test_the_examples_of_types_are_true(row: list[str]) -> None:
    name, shown, golden = (cell.strip("`") for cell in row[:3])
    assert kind_of(name).read(json.loads(shown)) == json.loads(golden)


@pytest.mark.parametrize(
    ("regions", "golden"), [(("ID",), "+6281234567890"), (("ID", "DE"), "0812-3456-7890")], ids=["one", "two"]
)
def test_a_phone_is_completed_where_the_text_says(regions: tuple[str, ...], golden: str) -> None:
    assert Phone(regions).read("0812-3456-7890") == golden


def test_every_type_rule_and_key_is_described() -> None:
    text = (ROOT / "docs" / "mappings.md").read_text()
    models = (schema.MappingModel, schema.AppModel, schema.MatchModel, schema.FieldModel, schema.PlaceModel)
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    rules = {re.escape(rule) for rule in rule_words.RULES}
    told = {name for name in keys | set(TYPES) if f"`{name}`" in text}
    assert keys | set(TYPES) == told
    assert all(re.search(rf"^\| `\{{?{rule}", text, re.MULTILINE) for rule in rules)


def test_the_generated_pages_tell_every_type_and_transform() -> None:
    page = reference.files_page()
    assert all(f"### `{name}`" in page for name in TYPES)
    assert all(f"| `{name}` |" in page for name in STEPS)


def test_the_generated_pages_are_those_of_this_version() -> None:
    for path, text in reference.pages(ROOT).items():
        assert path.read_text() == text, "run: make docs"


def test_every_method_of_the_contract_is_described() -> None:
    text = (ROOT / "docs" / "connectors.md").read_text()
    methods = {name for name in vars(Connector) if not name.startswith("_") and name != "calls"}
    assert all(f"`{name}(" in text for name in methods), methods


def test_the_license_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
