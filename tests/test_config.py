"""The config file: what it gives the engine, and how its mistakes are told.

Over 400 lines because it is one table of cases, which is read from top to bottom.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from connectors import registry
from mappings.document import ProblemsFound
from syncer.config.files import Config, load_config
from syncer.core.brakes import Limit
from syncer.store.address import FORMS

CONFIG = """\
state: sqlite:///syncer.db
apps:
  hubspot:
    connector: hubspot
    base_url: https://api.hubapi.com
    credentials: {token: "${HUB_TOKEN}"}
    writes: on
    max_records: 100
  zendesk:
    connector: zendesk
    credentials: {token: "${ZEN:-none}"}
    settings: {lag: 1}
syncs:
  contacts:
    mapping: c.yaml
    schedule: {every: 15m}
  companies:
    mapping: o.yaml
    schedule: {cron: "0 * * * *"}
safety:
  updates: {share: 0.3, count: 10}
first_sync: ask
logging: {level: info, format: text}
conflicts: {dir: conflicts}
"""
CONTACTS = """\
object: contact
apps: {hubspot: {object: contacts}, zendesk: {object: users}}
fields:
  email: {type: email, in: {hubspot: email, zendesk: email}}
  company: {type: reference, to: company, in: {hubspot: company, zendesk: {field: org, as: name}}}
"""
COMPANIES = """\
object: company
apps: {hubspot: {object: companies}}
fields:
  name: {in: {hubspot: name}}
"""
DIGITS = "Write digits only, without point or comma, such as 200000 or 200_000."
SECRET = "s3cret-s3cret"
ENV = {"HUB_TOKEN": SECRET}


class Case(NamedTuple):
    """`old` in `file` becomes `new`; the rest is the first problem told."""

    name: str
    file: str
    old: str
    new: str
    at: str
    where: str
    what: str
    cure: str


CASES = [
    Case(
        "variable missing",
        "config.yaml",
        "${HUB_TOKEN}",
        "${HUBB_TOKEN}",
        "config.yaml:6:26",
        "apps.hubspot.credentials.token",
        "the environment variable HUBB_TOKEN is not set or empty",
        "Set it (export HUBB_TOKEN=...), or give a default: ${HUBB_TOKEN:-...}",
    ),
    Case(
        "variable misnamed",
        "config.yaml",
        "${HUB_TOKEN}",
        "x ${1TOKEN}",
        "config.yaml:6:29",
        "apps.hubspot.credentials.token",
        "this is not the name of a variable",
        "Write ${NAME} or ${NAME:-default}; a literal '${' is written '$${'.",
    ),
    Case(
        "connector misspelt",
        "config.yaml",
        "connector: hubspot",
        "connector: hubspt",
        "config.yaml:4:16",
        "apps.hubspot.connector",
        "'hubspt' is not a connector",
        "Did you mean 'hubspot'?",
    ),
    Case(
        "address in the clear",
        "config.yaml",
        "https://api.hubapi.com",
        "http://api.hubapi.com",
        "config.yaml:5:15",
        "apps.hubspot.base_url",
        "tokens would cross the network unprotected",
        "Write https://; http:// is for this machine only.",
    ),
    Case(
        "setting of an app that is no number",
        "config.yaml",
        "settings: {lag: 1}",
        "settings: {lag: soon}",
        "config.yaml:12:21",
        "apps.zendesk.settings.lag",
        "'soon' is no number",
        "Write a number, such as 0.5 or 60.",
    ),
    Case(
        "setting of an app misspelt",
        "config.yaml",
        "settings: {lag: 1}",
        "settings: {lagg: 1}",
        "config.yaml:12:16",
        "apps.zendesk.settings.lagg",
        "zendesk has no setting 'lagg'",
        "Did you mean 'lag'?",
    ),
    Case(
        "setting of an app that is neither true nor false",
        "config.yaml",
        "settings: {lag: 1}",
        "settings: {bulk: perhaps}",
        "config.yaml:12:22",
        "apps.zendesk.settings.bulk",
        "this must be true or false",
        "Write it without quotes.",
    ),
    Case(
        "setting of an app that is none of its words",
        "config.yaml",
        'zendesk\n    credentials: {token: "${ZEN:-none}"}\n    settings: {lag: 1}',
        'mailerlite\n    credentials: {token: "${ZEN:-none}"}\n    settings: {archive: forgett}',
        "config.yaml:12:25",
        "apps.zendesk.settings.archive",
        "'forgett' is none of its words",
        "Did you mean 'forget'?",
    ),
    Case(
        "setting of another app",
        "config.yaml",
        "settings: {lag: 1}",
        "settings: {audience: 1}",
        "config.yaml:12:16",
        "apps.zendesk.settings.audience",
        "zendesk has no setting 'audience'",
        "Its settings: bulk, consent_field, default_locale, lag, rate_limit, timeout.",
    ),
    Case(
        "full comparison by a span alone",
        "config.yaml",
        "first_sync: ask",
        "service: {verify: 1h}",
        "config.yaml:22:19",
        "service.verify",
        "this is neither a schedule nor off",
        "Write a schedule such as {every: 7d}, or off.",
    ),
    Case(
        "key of the full comparison misspelt",
        "config.yaml",
        "first_sync: ask",
        "service: {verify: {evry: 1h}}",
        "config.yaml:22:20",
        "service.verify.evry",
        "'evry' is not a key here",
        "Did you mean 'every'?",
    ),
    *(
        Case(
            f"listen is {written}",
            "config.yaml",
            "first_sync: ask",
            f"service: {{listen: {written}}}",
            "config.yaml:22:19",
            "service.listen",
            "a port needs an address in front of it",
            f"Write 127.0.0.1:{port} to be reached from this machine alone, 0.0.0.0:{port} from any, or off.",
        )
        for written, port in (("9000", 9000), ("'9000'", 8766), ("':9000'", 8766), ("90000", 8766))
    ),
    Case(
        "listen is a name",
        "config.yaml",
        "first_sync: ask",
        "service: {listen: here}",
        "config.yaml:22:19",
        "service.listen",
        "this is not an address to listen on",
        "Write 127.0.0.1:8766, or off.",
    ),
    Case(
        "writes misspelt",
        "config.yaml",
        "writes: on",
        "writes: onn",
        "config.yaml:7:13",
        "apps.hubspot.writes",
        "'onn' is not a valid writes",
        "Did you mean 'on'?",
    ),
    Case(
        "writes is true",
        "config.yaml",
        "writes: on",
        "writes: true",
        "config.yaml:7:13",
        "apps.hubspot.writes",
        "'true' is not a valid writes",
        "Choose one of: off, on.",
    ),
    Case(
        "max_records is a word",
        "config.yaml",
        "max_records: 100",
        "max_records: many",
        "config.yaml:8:18",
        "apps.hubspot.max_records",
        "this must be a whole number",
        DIGITS,
    ),
    *(
        Case(
            f"max_records is {written}",
            "config.yaml",
            "max_records: 100",
            f"max_records: {written}",
            "config.yaml:8:18",
            "apps.hubspot.max_records",
            "this must be a whole number",
            DIGITS,
        )
        for written in ("200.000", "200,000", "'200.000'", "2e5", "200.000,00", "true")
    ),
    Case(
        "limit with thousands separator",
        "config.yaml",
        "count: 10}",
        "count: 10.000}",
        "config.yaml:21:32",
        "safety.updates.count",
        "this must be a whole number",
        DIGITS,
    ),
    *(
        Case(
            f"{key} is no whole number",
            "config.yaml",
            "first_sync: ask",
            f"alerts: {{{key}: 1.000}}",
            f"config.yaml:22:{len(key) + 12}",
            f"alerts.{key}",
            "this must be a whole number",
            DIGITS,
        )
        for key in ("conflicts", "reviews", "failures")
    ),
    Case(
        "silence of less than a day",
        "config.yaml",
        "first_sync: ask",
        "alerts: {no_change: 12h}",
        "config.yaml:22:21",
        "alerts.no_change",
        "it is told by whole days",
        "Write 1d or more.",
    ),
    Case(
        "reserve is no whole number",
        "config.yaml",
        "max_records: 100",
        "reserve: 5.0",
        "config.yaml:8:14",
        "apps.hubspot.reserve",
        "this must be a whole number",
        DIGITS,
    ),
    Case(
        "setting that is a whole number",
        "config.yaml",
        "settings: {lag: 1}",
        "settings: {rate_limit: 1.000}",
        "config.yaml:12:28",
        "apps.zendesk.settings.rate_limit",
        "this must be a whole number",
        DIGITS,
    ),
    Case(
        "credential misspelt",
        "config.yaml",
        'credentials: {token: "${ZEN:-none}"}',
        'credentials: {tokn: "${ZEN:-none}"}',
        "config.yaml:11:19",
        "apps.zendesk.credentials.tokn",
        "zendesk has no credential 'tokn'",
        "Did you mean 'token'?",
    ),
    Case(
        "credential of another app",
        "config.yaml",
        'credentials: {token: "${ZEN:-none}"}',
        'credentials: {webhook_secret: "${ZEN:-none}"}',
        "config.yaml:11:19",
        "apps.zendesk.credentials.webhook_secret",
        "zendesk has no credential 'webhook_secret'",
        "Its credentials: email, token.",
    ),
    Case(
        "state of no known kind",
        "config.yaml",
        "state: sqlite:///syncer.db",
        "state: sqllite:///syncer.db",
        "config.yaml:1:8",
        "state.url",
        "the state cannot be kept in sqllite",
        "Did you mean 'sqlite'?",
    ),
    Case(
        "state of another kind, in a group",
        "config.yaml",
        "state: sqlite:///syncer.db",
        'state: {url: "mysql://u:${HUB_TOKEN}@x/y"}',
        "config.yaml:1:14",
        "state.url",
        "the state cannot be kept in mysql",
        f"Write {FORMS}.",
    ),
    Case(
        "state is no URL",
        "config.yaml",
        "state: sqlite:///syncer.db",
        'state: "${HUB_TOKEN}"',
        "config.yaml:1:8",
        "state.url",
        "this is not the URL of a database",
        f"Write {FORMS}.",
    ),
    Case(
        "state with an @ in its password",
        "config.yaml",
        "state: sqlite:///syncer.db",
        'state: "postgresql://u:a@b${HUB_TOKEN}@h/y"',
        "config.yaml:1:8",
        "state.url",
        "a password in it holds an @ or a /",
        "In a password write %40 for @, %2F for / and %3A for :.",
    ),
    Case(
        "state with an @ and a slash in its password",
        "config.yaml",
        "state: sqlite:///syncer.db",
        'state: "postgresql://u:a@b/${HUB_TOKEN}@h/y"',
        "config.yaml:1:8",
        "state.url",
        "a password in it holds an @ or a /",
        "In a password write %40 for @, %2F for / and %3A for :.",
    ),
    Case(
        "state with an @ and a colon in its password",
        "config.yaml",
        "state: sqlite:///syncer.db",
        'state: "postgresql://u:a@b:${HUB_TOKEN}@h/y"',
        "config.yaml:1:8",
        "state.url",
        "the part behind the server's name is not a port",
        "In a password write %40 for @, %2F for / and %3A for :.",
    ),
    Case(
        "max_records is 0",
        "config.yaml",
        "max_records: 100",
        "max_records: 0",
        "config.yaml:8:18",
        "apps.hubspot.max_records",
        "this must be more than 0",
        "Change the number.",
    ),
    Case(
        "span without unit",
        "config.yaml",
        "every: 15m",
        "every: 15",
        "config.yaml:16:23",
        "syncs.contacts.schedule.every",
        "this is not a span of time",
        "Write a number and s, m, h or d, such as 15m.",
    ),
    Case(
        "schedule key misspelt",
        "config.yaml",
        "every: 15m",
        "evry: 15m",
        "config.yaml:16:16",
        "syncs.contacts.schedule.evry",
        "'evry' is not a key here",
        "Did you mean 'every'?",
    ),
    Case(
        "two schedules",
        "config.yaml",
        "every: 15m",
        'every: 15m, cron: "* * * * *"',
        "config.yaml:16:15",
        "syncs.contacts.schedule",
        "'every' and 'cron' are two schedules",
        "Keep one of the two.",
    ),
    Case(
        "cron line too short",
        "config.yaml",
        "0 * * * *",
        "0 * *",
        "config.yaml:19:22",
        "syncs.companies.schedule.cron",
        "this is not a cron line",
        'Write minute, hour, day, month and weekday, such as "*/15 * * * *".',
    ),
    Case(
        "cron line that never comes",
        "config.yaml",
        "0 * * * *",
        "0 0 30 2 *",
        "config.yaml:19:22",
        "syncs.companies.schedule.cron",
        "this time never comes",
        "Write a day that the month has, or * for every day.",
    ),
    Case(
        "share in per cent",
        "config.yaml",
        "share: 0.3",
        "share: 30",
        "config.yaml:21:20",
        "safety.updates.share",
        "this must be at most 1",
        "Change the number.",
    ),
    Case(
        "brake misspelt",
        "config.yaml",
        "updates:",
        "updats:",
        "config.yaml:21:3",
        "safety.updats",
        "'updats' is not a key here",
        "Did you mean 'updates'?",
    ),
    Case(
        "first_sync is yes",
        "config.yaml",
        "first_sync: ask",
        "first_sync: yes",
        "config.yaml:22:13",
        "first_sync",
        "'yes' is not a valid first_sync",
        "Choose one of: ask, go.",
    ),
    Case(
        "level misspelt",
        "config.yaml",
        "level: info",
        "level: inf",
        "config.yaml:23:18",
        "logging.level",
        "'inf' is not a valid level",
        "Did you mean 'info'?",
    ),
    Case(
        "mapping file missing",
        "config.yaml",
        "c.yaml",
        "d.yaml",
        "config.yaml:15:14",
        "syncs.contacts.mapping",
        "there is no mapping file 'd.yaml'",
        "Did you mean 'c.yaml'?",
    ),
    Case(
        "mapping file misspelt",
        "config.yaml",
        "c.yaml",
        "cc.yaml",
        "config.yaml:15:14",
        "syncs.contacts.mapping",
        "there is no mapping file 'cc.yaml'",
        "Did you mean 'c.yaml'?",
    ),
    Case(
        "a folder as mapping",
        "config.yaml",
        "c.yaml",
        ".",
        "config.yaml:15:14",
        "syncs.contacts.mapping",
        "the mapping '.' is a folder, not a file",
        "Name the file in it.",
    ),
    Case(
        "address without scheme",
        "config.yaml",
        "https://api",
        "api",
        "config.yaml:5:15",
        "apps.hubspot.base_url",
        "this is not a web address",
        "Write it with https:// in front.",
    ),
    Case(
        "setting is a list",
        "config.yaml",
        "{lag: 1}",
        "{lag: [1]}",
        "config.yaml:12:21",
        "apps.zendesk.settings.lag",
        "this must be one value",
        "Write a text, a number, true or false.",
    ),
    Case(
        "state is a number",
        "config.yaml",
        "state: sqlite:///syncer.db",
        "state: 5",
        "config.yaml:1:8",
        "state",
        "this must be the URL of a database",
        "Write it as sqlite:///syncer.db.",
    ),
    Case(
        "secret is a number",
        "config.yaml",
        '"${HUB_TOKEN}"',
        "12345",
        "config.yaml:6:26",
        "apps.hubspot.credentials.token",
        "this must be a text",
        "Put the value in quotes.",
    ),
    Case(
        "secret in a choice",
        "config.yaml",
        "writes: on",
        "writes: ${HUB_TOKEN}",
        "config.yaml:7:13",
        "apps.hubspot.writes",
        "the expanded value is not a valid writes",
        "Use: on, off.",
    ),
    Case(
        "credentials misspelt",
        "config.yaml",
        'credentials: {token: "${ZEN:-none}"}',
        "credential: {}",
        "config.yaml:11:5",
        "apps.zendesk.credential",
        "'credential' is not a key here",
        "Did you mean 'credentials'?",
    ),
    Case(
        "same mapping twice",
        "config.yaml",
        "o.yaml",
        "c.yaml",
        "config.yaml:17:3",
        "syncs.companies",
        "the sync 'contacts' already keeps the object 'contact'",
        "Join the two mappings, or remove one.",
    ),
    Case(
        "app misspelt in a mapping",
        "c.yaml",
        "zendesk: {object: users}",
        "zendsk: {object: users}",
        "c.yaml:2:37",
        "apps.zendsk",
        "the config has no app 'zendsk'",
        "Did you mean 'zendesk'?",
    ),
    Case(
        "reference to unknown object",
        "c.yaml",
        "to: company",
        "to: compny",
        "c.yaml:5:34",
        "fields.company.to",
        "no sync has a mapping of the object 'compny'",
        "Did you mean 'company'?",
    ),
    Case(
        "derived from unknown field",
        "c.yaml",
        "as: name",
        "as: nme",
        "c.yaml:5:92",
        "fields.company.in.zendesk.as",
        "company has no field 'nme'",
        "Did you mean 'name'?",
    ),
    Case(
        "reference in an app without the object",
        "c.yaml",
        "zendesk: {field: org, as: name}",
        "zendesk: org",
        "c.yaml:5:75",
        "fields.company.in.zendesk",
        "company is not synced with zendesk",
        "Add zendesk to the mapping of company, or write {field: org, as: name}.",
    ),
    Case(
        "same records twice",
        "o.yaml",
        "object: companies",
        "object: contacts",
        "config.yaml:17:3",
        "syncs.companies",
        "the sync 'contacts' already keeps contacts of hubspot",
        "Leave the app out of one of them.",
    ),
    Case(
        "mistake in a mapping",
        "c.yaml",
        "type: email",
        "type: emai",
        "c.yaml:4:17",
        "fields.email.type",
        "'emai' is not a type",
        "Did you mean 'email'?",
    ),
    Case(
        "same object twice",
        "o.yaml",
        "object: company",
        "object: contact",
        "config.yaml:17:3",
        "syncs.companies",
        "the sync 'contacts' already keeps the object 'contact'",
        "Join the two mappings, or remove one.",
    ),
]


def write(folder: Path, **changed: str) -> Path:
    """A config with its two mappings; `changed` replaces whole files (config, c, o)."""
    texts = {"config": CONFIG, "c": CONTACTS, "o": COMPANIES} | changed
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder / "config.yaml"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(write(tmp_path), ENV)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mistake_names_its_place_and_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    monkeypatch.chdir(tmp_path)
    name = case.file.removesuffix(".yaml")
    text = {"config": CONFIG, "c": CONTACTS, "o": COMPANIES}[name]
    assert case.old in text
    write(tmp_path, **{name: text.replace(case.old, case.new, 1)})
    with pytest.raises(ProblemsFound) as caught:
        load_config(Path("config.yaml"), ENV)
    told = caught.value.problems[0]
    assert f"{told.file}:{told.line}:{told.column}" == case.at
    assert (told.where, told.what, told.cure) == (case.where, case.what, case.cure)
    assert SECRET not in str(caught.value)


def test_mistakes_in_config_and_mappings_are_told_together(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        config=CONFIG.replace("ask", "aks"),
        c=CONTACTS.replace("email: {type: email", "email: {type: emal"),
    )
    with pytest.raises(ProblemsFound) as caught:
        load_config(path, ENV)
    assert [Path(p.file).name for p in caught.value.problems] == ["c.yaml", "config.yaml"]


@pytest.mark.parametrize("written", ["200000", "200_000", '"200000"', "${N}"])
def test_a_whole_number_may_be_written_as(tmp_path: Path, written: str) -> None:
    path = write(tmp_path, config=CONFIG.replace("max_records: 100", f"max_records: {written}"))
    assert load_config(path, {**ENV, "N": "200_000"}).apps["hubspot"].max_records == 200_000


def test_a_wrong_state_hides_no_mistake_of_the_mappings(tmp_path: Path) -> None:
    contacts = CONTACTS.replace("type: email", "type: emal")
    path = write(tmp_path, config=CONFIG.replace("sqlite:", "sqllite:"), c=contacts)
    with pytest.raises(ProblemsFound) as caught:
        load_config(path, ENV)
    assert [Path(p.file).name for p in caught.value.problems] == ["c.yaml", "config.yaml"]


def test_credentials_of_connectors_from_other_packages_are_not_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(registry.CREDENTIALS, "zendesk")  # as if it came from elsewhere
    path = write(tmp_path, config=CONFIG.replace('{token: "${ZEN', '{key: "${ZEN'))
    assert load_config(path, ENV).apps["zendesk"].secrets() == {"key": "none"}


def test_a_setting_from_the_environment_is_read_as_what_the_connector_takes(tmp_path: Path) -> None:
    path = write(tmp_path, config=CONFIG.replace("{lag: 1}", '{bulk: "${BULK}", lag: "${LAG:-2}"}'))
    found = load_config(path, {**ENV, "BULK": "false"}).apps["zendesk"].settings
    assert found == {"bulk": False, "lag": "2"}


def test_what_others_point_to_is_synced_first(config: Config) -> None:
    assert list(config.syncs) == ["companies", "contacts"]
    assert config.syncs["contacts"].apps == ("hubspot", "zendesk")


def test_secrets_come_from_the_environment_and_are_never_shown(config: Config) -> None:
    assert config.apps["hubspot"].secrets() == {"token": SECRET}
    assert config.apps["zendesk"].secrets() == {"token": "none"}
    assert SECRET not in repr(config)
    assert SECRET not in config.model.model_dump_json()


def test_a_relative_state_file_lies_next_to_the_config(config: Config, tmp_path: Path) -> None:
    assert config.state == f"sqlite:///{tmp_path / 'syncer.db'}"
    assert config.conflicts_dir == tmp_path / "conflicts"


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://u:p@host/db", "sqlite:///:memory:", "sqlite:////var/state.db"]
)
def test_other_state_urls_stay_as_they_are(tmp_path: Path, url: str) -> None:
    path = write(tmp_path, config=CONFIG.replace("sqlite:///syncer.db", f'"{url}"'))
    assert load_config(path, ENV).state == url


def test_the_state_may_have_a_key_that_seals_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("key-in-a-file\n")
    said = "{url: sqlite:///kept.db, key: file:key, old_keys: ['${OLD}']}"
    path = write(tmp_path, config=CONFIG.replace("sqlite:///syncer.db", said))
    config = load_config(path, {**ENV, "OLD": "key-before-that"})
    assert config.state == f"sqlite:///{tmp_path / 'kept.db'}"
    assert config.state_keys == ("key-in-a-file", "key-before-that")
    assert "key-before-that" not in config.model.model_dump_json() + repr(config)


def test_without_a_key_there_are_none(config: Config) -> None:
    assert config.state_keys == ()


def test_a_key_file_that_is_not_there_is_told_with_its_place(tmp_path: Path) -> None:
    path = write(tmp_path, config=CONFIG.replace("sqlite:///syncer.db", "{key: file:nowhere}"))
    with pytest.raises(ProblemsFound, match="there is no key to read in nowhere"):
        _ = load_config(path, ENV).state_keys


def test_what_is_not_said_has_careful_defaults(tmp_path: Path) -> None:
    short = "apps: {hubspot: {connector: memory}}\nsyncs: {companies: {mapping: o.yaml}}\n"
    config = load_config(write(tmp_path, config=short), {})
    assert config.model.first_sync == "ask"
    assert config.apps["hubspot"].writes == "on"
    assert config.model.safety.limits()["updates"] == Limit(0.3, 500)
    assert config.syncs["companies"].schedule is None


def test_schedules_are_spans_or_cron_lines(config: Config) -> None:
    contacts, companies = config.syncs["contacts"].schedule, config.syncs["companies"].schedule
    assert contacts is not None
    assert contacts.every == timedelta(minutes=15)
    assert companies is not None
    assert companies.cron == "0 * * * *"


@pytest.mark.parametrize(
    ("written", "env", "read"),
    [
        ("${A}", {"A": "x"}, "x"),
        ("a${A}b${B}", {"A": "1", "B": "2"}, "a1b2"),
        ("${A:-y}", {}, "y"),
        ("${A:-y}", {"A": ""}, "y"),
        ("${A:-}", {}, ""),
        ("$${A}", {"A": "x"}, "${A}"),
        ("$A", {"A": "x"}, "$A"),
        ("${A}", {"A": "${B}"}, "${B}"),
    ],
)
def test_variables_are_expanded_once(tmp_path: Path, written: str, env: dict[str, str], read: str) -> None:
    path = write(tmp_path, config=CONFIG.replace("${HUB_TOKEN}", written))
    assert load_config(path, env).apps["hubspot"].secrets()["token"] == read


def test_the_example_shows_every_option() -> None:
    path = Path(__file__).parent.parent / "config.example.yaml"
    config = load_config(path, {})
    assert list(config.syncs) == ["companies", "contacts"]
    said = path.read_text()
    schema = config.model.model_json_schema()
    keys = {key for part in [schema, *schema["$defs"].values()] for key in part.get("properties", {})}
    assert {key for key in keys if f"{key}:" not in said} == set()


def test_an_editor_knows_that_no_limit_of_records_is_zero(config: Config) -> None:
    of_app = config.model.model_json_schema()["$defs"]["AppModel"]["properties"]
    assert {"exclusiveMinimum": 0, "type": "integer"} in of_app["max_records"]["anyOf"]
