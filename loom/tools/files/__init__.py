"""Which files of a workspace a few letters mean, in a process of its own.

shelf     some thousand paths, laid out to be searched at C speed
index     all shelves, and what fits a query best
listing   where paths come from: git, or a walk
serving   the worker's loop: queries in, answers out, the list kept fresh beside it
"""
