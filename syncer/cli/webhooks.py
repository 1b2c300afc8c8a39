"""`syncer webhooks`: have an app tell of changes at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from syncer.cli.codes import Code, leave
from syncer.cli.output import give, say, table, tell
from syncer.cli.session import CONFIG, AsJson, ConfigFile, hint, need_app, running

if TYPE_CHECKING:
    from connectors.hooks import Hook, Hooks
    from syncer.running.runner import Runner
    from syncer.store.hooksecrets import HookSecrets

app = typer.Typer(
    help="Webhooks: have an app tell of changes, so that they arrive at once.", no_args_is_help=True
)
AppName = Annotated[str, typer.Argument(metavar="APP", help="An app of the config.", show_default=False)]


@app.command()
def register(name: AppName, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Make a webhook at the app, in place of one that we made before."""
    with running(config) as runner:
        url, hooks = _url(runner, name), _hooks(runner, name)
        with _told_by_hand(url):
            old = [hook for hook in hooks.there() if hook.url == url]
            made = hooks.register(url)
        with runner.db.transaction():
            _secrets(runner).keep(name, made)
        for hook in old:
            hooks.remove(hook.id)
    if as_json:
        give({"app": name, "id": made.id, "url": url})
        return
    tell(f"{name} tells of changes to {url} from now on.")
    tell(f"They are taken while {hint('serve', config)} runs.")


@app.command()
def status(name: AppName, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Show the app's webhooks, and which of them is ours."""
    with running(config) as runner:
        hooks = _hooks(runner, name)
        with runner.db.reading():
            kept = _secrets(runner).get(name)
        with _told_by_hand(_url(runner, name)):
            found = [_shown(hook, kept) for hook in hooks.there()]
    if as_json:
        give({"app": name, "webhooks": found})
    elif not found:
        tell(f"{name} has no webhooks. To make one: {hint(f'webhooks register {name}', config)}")
    else:
        rows = [(one["id"], one["url"], _words(one)) for one in found]
        table(("id", "url", ""), rows)
    raise leave(Code.DONE if any(one["ours"] and one["active"] for one in found) else Code.LEFTOVERS)


@app.command()
def remove(name: AppName, as_json: AsJson = False, config: ConfigFile = CONFIG) -> None:
    """Take our webhook away at the app, and forget its secret."""
    with running(config) as runner:
        hooks = _hooks(runner, name)
        with runner.db.reading():
            kept = _secrets(runner).get(name)
        with _told_by_hand(_url(runner, name)):
            gone = [hook.id for hook in hooks.there() if kept is not None and hook.id == kept.id]
        for id in gone:
            hooks.remove(id)
        with runner.db.transaction():
            _secrets(runner).drop(name)
    if as_json:
        give({"app": name, "removed": gone})
    else:
        tell(f"{name}: {len(gone)} removed.")


def _hooks(runner: Runner, name: str) -> Hooks:
    need_app(runner.config, name)
    found: Hooks | None = getattr(runner.wiring.connector(name), "hooks", None)
    if found is None:
        raise typer.BadParameter(f"the connector of '{name}' knows no webhooks.")
    return found


def _url(runner: Runner, name: str) -> str:
    base = runner.config.model.service.public_url
    if base is None:
        raise typer.BadParameter(
            "service.public_url is not set in the config: the address at which apps reach the service."
        )
    return f"{base.rstrip('/')}/webhooks/{name}"


def _secrets(runner: Runner) -> HookSecrets:
    from syncer.store.hooksecrets import HookSecrets
    from syncer.store.vault import Vault

    return HookSecrets(runner.db, Vault(runner.config.state_keys))


@contextmanager
def _told_by_hand(url: str) -> Iterator[None]:
    """Where an app has no API for webhooks, say what a person has to do there."""
    from connectors.hooks import ByHand

    try:
        yield
    except ByHand as by_hand:
        say(str(by_hand).replace("{url}", url))
        raise leave(Code.LEFTOVERS) from None


def _shown(hook: Hook, kept: Hook | None) -> dict[str, Any]:
    return {
        "id": hook.id,
        "url": hook.url,
        "active": hook.active,
        "ours": kept is not None and kept.id == hook.id,
    }


def _words(one: dict[str, Any]) -> str:
    ours = "ours" if one["ours"] else "not ours: its secret is not known"
    return ours if one["active"] else f"{ours}, switched off"
