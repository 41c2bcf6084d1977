"""The audit log: who did what, when, from where; never what was said.

event     one line of it
severity  how much it matters
repeats   what happens again and again is summed up
queue     lines that wait to be written; what gives way when there are too many
log       where lines are added, and the one task that writes them
chain     the hash that ties each line to the one before
store     SQL: lines, and the marks at both ends
verify    finds what was changed, left out, put in, moved or cut off
search    questions to it; people: whose ids are in the answer
export    lines as JSONL, for verification elsewhere
"""
