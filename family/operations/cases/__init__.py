"""家庭共济 at a counter: one handler per case kind, and what they have in common.

The rules are those of every other door (family.rules, family.queries.eligibility); here their reasons become sentences
that a clerk reads out, and the operations are called that the pages call too.
"""
