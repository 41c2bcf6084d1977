"""Text to lines, without Textual: for the screen, a shared web page and export alike.

clean    makes any text harmless to a terminal
ink      semantic names and the styles they stand for
blocks   what a markdown document is made of
parse    markdown text to blocks
stream   the same while the text is still being written
reading  one look at the end of such a text
fence    a fence of which only new lines are read
growing  lists, tables and paragraphs that are not read again from their start
prose    marks and links in a text, read in parts
limits   how much is read as one
rules    the parser, which keeps to that
wrap     styled text to lines of an exact cell width
bidi     the order in which a line of both directions stands, and the way back to what is read
code     highlighted source, extended line by line
table    a table fitted to a width
render   blocks to lines
drawn    what in a line is ours and not the text's
copied   lines back to the text they were made from
growth   blocks that are rendered while they grow
painted  a document that grows, of which only the end is rendered again
diff     a unified diff to lines, side by side where there is room
"""
