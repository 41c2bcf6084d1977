"""Adds up the hours in a plain text timesheet."""
