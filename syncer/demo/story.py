"""The story, chapter by chapter. What it tells is read from the reports, the state and the apps; where the
apps do not hold what they should, it says so and ends with `NotAsTold`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from conflicts.log import Entry, shown
from connectors.sandbox.host import Host
from syncer.cli.output import table, tell
from syncer.cli.session import hint
from syncer.demo.apps import NAMES, ROLES, Value
from syncer.demo.edits import Edit, Person, SignUp, planned, signing_up
from syncer.demo.stage import NotAsTold, Stage
from syncer.demo.telling import chapter, para, scene
from syncer.report import Report
from syncer.store.conflicts import Conflicts, Sought
from syncer.store.history import History

SETTLING = 3
TOLD = ("conflict", "consent", "overruled")


def apps_start(host: Host, url: str) -> None:
    """Chapter 1: who plays."""
    chapter("1. Three apps that know the same people, each a little differently")
    para(
        "A company works with a CRM (HubSpot), a mailing tool (MailerLite) and a helpdesk (Zendesk). Here"
        " they are simulated: real HTTP servers on this machine, with the paths, pages and refusals of the"
        " real apps. Nothing leaves this machine, and nobody in them exists."
    )
    tell()
    state = {name: app.state() for name, app in host.apps.items()}
    people = {
        "hubspot": len(state["hubspot"]["contacts"]),
        "mailerlite": len(state["mailerlite"]["subscribers"]),
        "zendesk": sum(user["role"] == "end-user" for user in state["zendesk"]["users"]),
    }
    companies = {
        "hubspot": len(state["hubspot"]["companies"]),
        "zendesk": len(state["zendesk"]["organizations"]),
    }
    rows = [
        (app, role, people[app], companies.get(app, "as text only"), f"{url}/{app}")
        for app, role in ROLES.items()
    ]
    table(("app", "plays", "people", "companies", "address"), rows)


def folder_is_filled(paths: Sequence[Path], done_before: Sequence[str]) -> None:
    """Chapter 2 begins: what is needed."""
    chapter("2. The first sync")
    for told in done_before:
        para(told)
    para(
        "To be kept in step, they need a config (which apps, which safety limits) and one mapping each for"
        " companies and people (which field of which app is the same thing, and who wins when two disagree):"
    )
    for path in paths:
        tell(f"  {path}")


def first_sync(stage: Stage) -> None:
    """Chapter 2 goes on: read all, find who is who, bring everything in step."""
    tell()
    para(
        "The first sync reads everything, finds out who is who, decides about each field, and writes what is"
        " missing or different. 'linked' are the records that now belong to a known person or company, new"
        " ones included. Where it is not sure who somebody is, it leaves them alone and asks: 'for review'."
    )
    tell()
    first = stage.sync()
    _total(first)
    _settle(stage)
    _waiting(stage)


def _settle(stage: Stage) -> None:
    """Chapter 2 ends when a run writes nothing."""
    for _ in range(SETTLING):
        reports = stage.sync(tables=False)
        written = sum(report.written for report in reports.values())
        if not written:
            para("One more run finds nothing left to write: the apps are in step.")
            return
        fields = ", ".join(
            f"{field} in {app} ({n})" for (app, field), n in stage.writes(reports).most_common()
        )
        para(
            f"The next run writes {written} more, because apps had completed by themselves what they were"
            f" given, or a record had to be tried again: {fields}."
        )
    raise NotAsTold(f"after {SETTLING + 1} runs the apps are still not in step")


def _waiting(stage: Stage) -> None:
    """What only a person can settle."""
    with stage.runner.db.reading():
        history = History(stage.runner.db)
        reviews = sum(len(history.reviews(name)) for name in stage.runner.config.syncs)
        refused = sum(len(history.refused(name)) for name in stage.runner.config.syncs)
    if reviews or refused:
        para(
            f"For a person to look at: {reviews} doubtful matches, and {refused} values that an app refused."
            f" {hint('status', stage.config)} lists them."
        )


def a_day_of_edits(stage: Stage, seed: int) -> None:
    """Chapter 3: people work in the apps; the next sync carries it to the others."""
    chapter("3. A working day: people edit, each in the app they work with")
    edits, new = planned(stage.apps, stage.runner.db), signing_up(seed)
    for edit in edits:
        edit.make(stage.apps)
    stage.apps.sign_up(new.email, new.fields)
    para(f"{len(edits) + 1} things happen while no sync runs. Then syncer sync runs once:")
    tell()
    reports = stage.sync()
    run = reports["contacts"].run
    missing = [title for edit in edits for title in _show_edit(stage, edit, run)]
    missing += _show_sign_up(stage, new)
    if missing:
        raise NotAsTold("this did not arrive everywhere:\n  " + "\n  ".join(missing))


def _show_edit(stage: Stage, edit: Edit, run: str) -> list[str]:
    """Tell what became of an edit; its title where it did not."""
    scene(edit.title)
    tell(edit.person.called)
    now = {app: stage.apps.read(app, id)[edit.field] for app, id in edit.person.ids.items()}
    before = edit.person.held(edit.field)
    rows = [
        (
            f"{app}: {NAMES[edit.field][app]}",
            _said(before[app]),
            _said(edit.typed[app]) if app in edit.typed else "",
            _said(now[app]),
            _verdict(edit, app, before[app], now[app]),
        )
        for app in ROLES
    ]
    table(("where", "before", "typed", "after the sync", ""), rows)
    entries = _entries(stage, run, edit.person, edit.field)
    for entry in entries:
        _show_entry(entry, stage.config)
    arrived = all(edit.arrived(app, value) for app, value in now.items())
    logged = bool(entries) or len(edit.typed) < 2
    return [] if arrived and logged else [edit.title]


def _verdict(edit: Edit, app: str, before: Value, now: Value) -> str:
    if not edit.arrived(app, now):
        return f"NOT ARRIVED, should be {_said(edit.wanted[app])}"
    if app in edit.typed:
        return "was typed here" if now == edit.typed[app] else "was overruled"
    return "stayed" if now == before else "arrived"


def _entries(stage: Stage, run: str, person: Person, field: str) -> list[Entry]:
    """What the conflict log says of one person's field in one run."""
    with stage.runner.db.reading():
        found = Conflicts(stage.runner.db).newest(1_000, Sought("contacts", TOLD, run=run, field=field))
    return [entry for entry in found if entry.who == person.who]


def _show_entry(entry: Entry, config: Path) -> None:
    said = " against ".join(
        f"'{shown(c.value)}' of {c.app} ({c.time:%H:%M:%S} UTC)" for c in entry.candidates
    )
    by = f" of {entry.winner_app}" if entry.winner_app else ""
    tell(f"In the conflict log: {said}.")
    tell(f"Rule: {entry.rule}. Winner: '{shown(entry.winner)}'{by}.")
    tell(f"In full: {hint(f'conflicts show {entry.seq}', config)}")


def _show_sign_up(stage: Stage, new: SignUp) -> list[str]:
    title = "Somebody new signs up for the newsletter, in the mailing tool"
    scene(title)
    tell(new.called)
    ids = {app: stage.apps.find(app, new.email) for app in ROLES}
    rows = []
    for app, id in ids.items():
        seen = stage.apps.read(app, id) if id else {}
        shown = ", ".join(value for field in ("name", "phone", "city") if (value := seen.get(field)))
        made = "signed up here" if app == "mailerlite" else "created" if id else "NOT CREATED"
        rows.append((app, shown or "(not there)", made))
    table(("where", "after the sync", ""), rows)
    return [] if all(ids.values()) else [title]


def quiet_sync(stage: Stage) -> None:
    """Chapter 4: no news, no writes."""
    chapter("4. Once more, with no news")
    reports = stage.sync()
    written = sum(report.written for report in reports.values())
    calls = sum(row.calls for report in reports.values() for row in report.apps.values())
    if written:
        raise NotAsTold(f"nobody had edited anything, and still {written} records were written")
    tell()
    para(
        f"Nothing was written: what syncer wrote itself comes back as no news. {calls} calls were made, to"
        " ask the apps what is new."
    )


def _total(reports: dict[str, Report]) -> None:
    seconds = sum(report.seconds for report in reports.values())
    written = sum(report.written for report in reports.values())
    conflicts = sum(report.conflicts for report in reports.values())
    left = sum(report.leftovers for report in reports.values())
    tell()
    para(
        f"{written} records were written in {seconds:.1f} seconds. In {conflicts} fields the apps disagreed;"
        " each of these is in the conflict log, with what every app held, the rule and the winner."
        + (f" {left} records have to be tried again." if left else "")
    )


def _said(value: Value) -> str:
    return "(blank)" if value is None else value
