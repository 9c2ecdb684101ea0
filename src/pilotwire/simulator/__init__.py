"""Stations and vehicles put together: one at a time, or many, with stories for them to live through. Knows no CSMS from the inside."""
