"""What requests cost, who used what, and what may be spent.

prices     the dated price table
usage      SQL of what was used; usage_log writes it in batches
budgets    SQL of budgets; ledger holds them in memory, with what is reserved
periods    days, weeks and months in UTC
"""
