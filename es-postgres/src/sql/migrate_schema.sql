-- Only under the lock: two sessions that run this at once could both find nothing there, and one would fail.
CREATE SCHEMA IF NOT EXISTS es
