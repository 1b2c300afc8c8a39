"""`syncer serve`: keep in step by schedule, until stopped."""

from __future__ import annotations

import gc
import os
import signal
from threading import Timer
from typing import TYPE_CHECKING, Any

from syncer.cli.session import CONFIG, ConfigFile, loaded

if TYPE_CHECKING:
    from syncer.service.service import Service

SECONDS = 9.0  # that an app may still take to answer once we are to stop


def serve(config: ConfigFile = CONFIG) -> None:
    """Run the syncs by their schedules, until stopped. Commands may be typed beside it."""
    gc.enable()  # unlike a command, this lives for months
    from syncer.config.addresses import sendable

    said = sendable(loaded(config, on_terminal=True))
    from syncer.service.service import Part, Service

    parts: list[Part] = []
    if said.model.service.listen != "off":
        from syncer.service.web import Web

        parts.append(Web(said.model.service.listen))
    from syncer.service.alerts import Alerts

    service = Service(said, parts=[*parts, Alerts()])
    _stop_on(service, signal.SIGTERM, signal.SIGINT)
    service.run()


def _stop_on(service: Service, *signals: signal.Signals) -> None:
    def stop(number: int, frame: Any) -> None:
        """What is on its way is finished. An app that does not answer does not keep us: what it was asked is
        noted as in flight, and the next start settles it."""
        service.stop()
        limit = Timer(SECONDS, os._exit, (0,))
        limit.daemon = True
        limit.start()

    for one in signals:
        signal.signal(one, stop)
