"""Webhooks by the Standard Webhooks specification: endpoints of clients, and what is sent there."""
