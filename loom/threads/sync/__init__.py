"""Threads kept in step between the machines of a person, through a team's server.

Nothing is queued: a thread waits as long as its version is not the one that the server has.

state      what the server had when both were last the same: SQL
guard      what must not leave this machine
outgoing   a thread's news as a write
merging    what becomes of two versions: pure
incoming   the server's version, written here
cycle      one round: what changed there, then what changed here
background rounds for as long as the app lives, quiet when nobody answers
refusals   what the server would not take
status     what waits, and why
"""
