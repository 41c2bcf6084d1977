"""The linear front end: what is said and done, line by line, as a screen reader reads it.

It imports no Textual and sends the terminal nothing but text.

voice       where text goes: whole lines, or an answer as it comes
sentences   a streamed answer in whole sentences and lines
words       tool calls, diffs and permission questions in words
floor       whose turn it is
narrator    one match over Event: what is told
reader      lines that the person types, read on a worker thread
questions   a permission question as numbered choices
commands    the slash commands
talk        all of it together on one session
"""
