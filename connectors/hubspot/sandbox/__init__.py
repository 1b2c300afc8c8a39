"""A simulated HubSpot, for tests and for `syncer sandbox`: `app.py` is the way in."""

from connectors.hubspot.sandbox.app import HubSpot

__all__ = ["HubSpot"]
