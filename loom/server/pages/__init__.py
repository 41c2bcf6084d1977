"""Pages that the server renders for people: no framework, no script, nothing from elsewhere.

shared_thread  a thread for whoever has its link
prose    markdown, code and diffs as HTML
html     tags with everything escaped
frame    the page around the content, its headers
forms    forms that only our own pages can send
errors   what a browser is told when a request fails
"""
