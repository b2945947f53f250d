"""Cases at a counter: opened, parked and resumed, submitted, checked by a second person where that is asked for, done.

`handlers` is what a case kind knows, `access` who may work on whom, `desk` the work on a case, `deciding` its end.
"""
