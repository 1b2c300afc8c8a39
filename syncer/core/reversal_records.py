"""Going back, record by record: what a run created is archived, what it archived is made again. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from syncer.core.deeds import Deed, Line, Reversal, Rules, Written
from syncer.core.forms import shows_sent
from syncer.core.lens import Lens
from syncer.model import DISAGREES, Link, Value

UNANSWERED = "the app never answered: whether this run made the record cannot be told"
UNASKED = "what hangs on it there could not be asked for: look first"


def put_records_back(r: Reversal, deed: Deed, rules: Rules, lens: Lens) -> None:
    """Archive what the run created, unless somebody has used it since; make again what it archived."""
    _remove_created(r, deed, rules, lens)
    _make_again(r, deed)
    r.unit.golden.deleted = False  # what a deletion was still to do is undone with what it did


def _remove_created(r: Reversal, deed: Deed, rules: Rules, lens: Lens) -> None:
    """What the run created is to be archived, unless somebody has used it since."""
    golden, links = r.unit.golden, {link.key: link for link in r.unit.links}
    for write in deed.writes:
        if write.kind == "create" and write.outcome == "unknown":
            _tell_unanswered(r, write, deed)
        if write.kind != "create" or write.record is None or write.outcome != "applied":
            continue
        link = links.get((write.app, write.record))
        if (write.app, write.record) in rules.elsewhere:
            owner = f"it belongs to golden record {rules.elsewhere[write.app, write.record]} by now"
            r.lines.append(Line("left", golden.id, write.app, write.record, why=owner))
        if link is None or link.state == "gone" or link.key in r.away:
            continue
        why = _why_kept(r, link, deed, rules, lens)
        said = why or (UNASKED if link.app in rules.unasked else "")
        r.lines.append(Line("left" if why else "archive", golden.id, link.app, link.id, why=said))
        if not why:
            link.doomed = rules.run
            _forget_parted(r, link, lens)
            golden.barred[link.app] = f"undone in run {rules.run}"
            r.touched.add((link.key, None))


def _forget_parted(r: Reversal, link: Link, lens: Lens) -> None:
    """A record that is to go has no value of its own to keep. Where somebody brings it back it does not pass
    for one that agrees with golden."""
    slots = lens.mapping.apps[link.app].slots
    for name in [n for n in link.parted if n in slots]:
        link.agreed.update(dict.fromkeys(slots[name].fields, DISAGREES))
    link.parted.clear()
    r.lines[:] = [x for x in r.lines if x.act != "parted" or (x.app, x.record) != link.key]


def _tell_unanswered(r: Reversal, write: Written, deed: Deed) -> None:
    """A record that may be what a create without an answer made, or somebody's: it is left alone."""
    made = {(w.app, w.record) for w in deed.later if w.kind == "create"}
    for link in r.unit.links:
        if link.app == write.app and link.state == "live" and link.key not in made:
            r.lines.append(Line("left", r.unit.golden.id, link.app, link.id, why=UNANSWERED))


def _why_kept(r: Reversal, link: Link, deed: Deed, rules: Rules, lens: Lens) -> str:
    ends = rules.archives.get(link.app, "none")
    if link.app in rules.unreadable:
        return rules.unreadable[link.app]
    if any(key == link.key for key, _ in r.news) or link.key in r.moved:
        return "somebody has changed the record since it was created"
    if link.key in deed.typed or _differs(link, deed, lens):
        return "somebody has edited the record since it was created"
    if link.touched:
        return "somebody has changed the record since it was created, perhaps in a field that is not mapped"
    if link.key in rules.used:
        return f"it has {rules.used[link.key]}"
    if link.pending:
        return "the app has not shown yet whether it took what was sent"
    if ends == "none":
        return "the app cannot archive records: remove it there by hand"
    if ends == "final" and not rules.irreversible:
        return "the app cannot bring an archived record back: --irreversible archives it all the same"
    return ""


def _differs(link: Link, deed: Deed, lens: Lens) -> bool:
    """Whether the record holds something else than we last wrote into it."""
    slots, ours = lens.mapping.apps[link.app].slots, dict[str, Value]()
    for write in deed.later:
        if (write.app, write.record) == link.key and write.outcome in ("applied", "unknown"):
            ours.update({name: after for name, (_, after) in write.slots.items() if name in slots})
    return any(
        name in link.seen and not shows_sent(slots[name], link.seen[name], after)
        for name, after in ours.items()
    )


def _make_again(r: Reversal, deed: Deed) -> None:
    """What the run archived is made again: an archived record itself does not come back by an API."""
    for write in _archived(deed):
        links = {link.key: link for link in r.unit.links}
        link = links.get((write.app, write.record or ""))
        if link is not None and link.key in r.back:
            r.lines.append(Line("left", r.unit.golden.id, link.app, link.id, why="it is there all the same"))
        elif link is not None and link.state == "gone":
            r.unit.links.remove(link)
            r.dropped.append(link.key)
            r.unit.golden.barred.pop(link.app, None)
            r.unit.golden.revived = True
            r.creates.add(link.app)


def _archived(deed: Deed) -> Iterator[Written]:
    return (w for w in deed.writes if w.kind == "archive" and w.outcome == "applied")
