"""Real terminals around real programs: the parts of `bench.tui`.

`provider` streams a text, `contestants` and `peers` start programs that show it, `scenes` does with
them what a person does, and `latency` and `process_tree` measure that.
"""
