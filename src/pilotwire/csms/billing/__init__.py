"""Billing of sessions: which tariff they go by, what they cost as they go on, their bills and receipts."""
