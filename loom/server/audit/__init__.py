"""The audit log: who did what, when, from where; never what was said.

event    one line of it
log      where lines are added; what is written, and how it is chained
"""
