"""A simulated MailerLite, for tests and for `syncer sandbox`: `app.py` is the way in."""

from connectors.mailerlite.sandbox.app import MailerLite

__all__ = ["MailerLite"]
