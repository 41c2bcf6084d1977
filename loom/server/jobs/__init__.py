"""What the server does by itself, from time to time.

job        what a job is
store      SQL: leases, schedules, history
runner     finds those that are due
turn       one turn of a job, one at a time among all processes
state      what is told about them

The server's own are in `loom.server.housekeeping`; an area brings its own by `AREA.jobs`.
"""
