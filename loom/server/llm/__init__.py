"""The providers: Loom's messages to their wires, and their streams back. No SDK is imported here.

base          what a provider is; its settings
providers     PROVIDERS, one row each; make_provider
anthropic, openai, vertex, demo      one module a provider
claude_*, chat_*, responses_*, gemini_*      one wire's requests and its streams
conversation  a history that every provider accepts
answer, stream      an answer in the making; what the stream decoders share
failures, retry_after      what a refusal means and how long to wait
"""
