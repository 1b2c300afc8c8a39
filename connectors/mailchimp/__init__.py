"""Mailchimp (Marketing API 3.0)."""

from connectors.mailchimp.connector import MailchimpConnector

__all__ = ["MailchimpConnector"]
