"""The agent: one session interface, one runtime that carries out the state machine's actions.

session: what a front end holds · runtime: the loop · model: requests and their streams · toolbox:
running tools · authorize: rules, modes and the person · compaction · context: what the model is
told · subagent: an agent with a thread of its own · ops: what a front end may ask.
"""
