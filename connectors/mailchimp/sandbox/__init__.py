"""A simulated Mailchimp, for tests and for `syncer sandbox`: `app.py` is the way in."""

from connectors.mailchimp.sandbox.app import Mailchimp

__all__ = ["Mailchimp"]
