"""What the transcript is made of; MessageList puts it on the screen.

heights   where each of many items begins, whatever their number
item      what every item can do
talk      what the person and the model say
tool      one tool call, from its first argument to its result
notice    what Loom itself has to say
flow      items one below the other, rendered only where they are looked at
script    the agent's events as items: who says what
view      the items on the screen
cursor    a cursor among them
spots     places that stay on their text, and what is between two of them
selecting a stretch of them, by the mouse
targets   what a place in a text names: an address, a file
copy_mode a caret among them
code_blocks  the blocks of code in an answer, each copied by a key
folding   the item at the cursor says how it is opened
search    how often a text occurs in items
marks     where it stands in their lines, though these were wrapped
marking   what is looked for, marked in view
finding   a text looked for in them
turns     from one message of the person to the next
"""
