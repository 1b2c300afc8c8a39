"""MailerLite (the API at connect.mailerlite.com)."""

from connectors.mailerlite.connector import MailerLiteConnector

__all__ = ["MailerLiteConnector"]
