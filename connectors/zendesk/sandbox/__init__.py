"""A simulated Zendesk, for tests and for `syncer sandbox`: `app.py` is the way in."""

from connectors.zendesk.sandbox.app import Zendesk

__all__ = ["Zendesk"]
