"""What a person is looking at.

start: what the app is opened with · chat: the chat screen · chat_frame: its widgets and the keys
that only move them · live: the host behind it · conversation: the session it shows · questions:
permission modals, one at a time · attachments: what a message carries · mentions: completions of
files and threads · sent: what was sent in earlier runs · glimpse: a thread's last words before
its session · threads_pane: what the list of threads shows, and when · finding: a text in the
conversation · jumping: to one of the person's messages · background: sessions that were left
while they work · first_session: which session the app begins with · welcome: what is said before
anything was said · app_keys: keys that work everywhere · keymap: every action with its keys, and
the person's own.
"""
