"""The threads that people keep on a team's server, in a store of their own.

held        a thread with who it belongs to, and who may read it
lists       pages of threads, and what changed since
reads       a thread's entries for the wire
preparing   a write, checked before the database is asked
links       links for whoever has them
support     what the support may read for a while
writes      what changes threads, inside a transaction
images      by the threads that show them
erasing     what goes for good, a few rows at a time
quota       how much is kept for a person, and when it is too much
departures  threads whose owner or organization is gone
eraser      all of it, between everybody else's reads and writes
"""
