"""Annual pre-credit (预划) and its settlement: what somebody is entitled to for a benefit year, and the difference.

Regions whose terms say `accrual = yearly` (舟山, 上海). One rule serves all of domain 3.4: the entitlement is
computed from the months that count (accounts.policies.entitlement), as far as is known today; what was posted for the
year so far is subtracted; the difference is posted, in the open year. A joiner has 13−m months, a change of base in
month m changes the remaining months, a retiree's quota counts pro rata, a leaver has only the months before leaving.
"""
